/** `stowage serve`, as a process of its own, as a target of the service contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { send } from '../support/plain-client.ts';
import { launcher } from '../support/program/launcher.ts';
import { ServerProcess } from '../support/server-process.ts';
import type { ServiceTarget, TargetPromises } from './service-target.ts';

const ORIGIN = 'https://pages.example.com';
/** A sweep with these takes every upload that has lived for a second. */
const SHORT_LIVES = { UPLOAD_TTL_SECONDS: '1', UPLOAD_RETENTION_SECONDS: '1' };

/** What one machine promises, over a disk. */
export const ONE_MACHINE: TargetPromises = {
  finishesByEvent: false,
  yankStopsLinks: false,
  refusesOtherBytes: true,
  listsPartDigests: true,
  makesStatements: true,
  sandboxesDownloads: true,
  corsOrigin: ORIGIN,
};

/**
 * @param settings beside those of the folder and the port
 * @param flags of `serve`
 */
export async function openServer(
  settings: Readonly<Record<string, string>> = {},
  promises: TargetPromises = ONE_MACHINE,
  flags: readonly string[] = [],
): Promise<ServiceTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-e2e-'));
  const start = (more: Readonly<Record<string, string>> = {}) =>
    ServerProcess.start(folder, { CORS_ORIGINS: ORIGIN, ...settings, ...more }, launcher, flags);
  let server = await start();
  const { url, adminToken } = server;
  const restart = async (more: Readonly<Record<string, string>>) => {
    await server.stop();
    server = await start({ PORT: new URL(url).port, ...more });
  };
  return {
    url,
    adminToken,
    send,
    promises,
    async sweep() {
      // A server sweeps when it starts.
      await restart(SHORT_LIVES);
      await restart({});
    },
    async close() {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}
