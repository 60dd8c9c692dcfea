/** The real service in this process, on a folder of its own. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { serve } from '../../local/serve.ts';
import { readSettings } from '../../open/settings/server-settings.ts';

export interface Served {
  readonly url: string;
  readonly token: string;
  /** STORAGE_LOCAL_PATH. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function openServed(): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-client-'));
  const settings = readSettings({ STORAGE_LOCAL_PATH: folder, PORT: '0' });
  const running = await serve(settings, { log: pino({ level: 'silent' }) });
  const token = (await readFile(running.adminTokenFile, 'utf8')).trim();
  const close = async () => {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: running.url, token, folder, close };
}
