/** The examples of pages that upload: built as their READMEs say, and served by their own server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { StowageClient } from '../../client/public/client.ts';
import { cleanEnvironment } from '../support/server-process.ts';
import { freePort, untilAnswering } from '../support/servers/listening.ts';
import { Desk } from './browser.ts';

const root = join(import.meta.dirname, '..', '..');
const examples = join(root, 'examples');

export type ExampleName = 'browser-upload' | 'uppy-upload';

export class ExamplePage {
  /** Where the page is, for a browser. */
  readonly url: string;
  readonly origin: string;
  readonly desk: Desk;
  readonly folder: string;
  readonly #server: ChildProcess;

  private constructor(origin: string, desk: Desk, folder: string, server: ChildProcess) {
    this.origin = origin;
    this.url = `${origin}/?service=${encodeURIComponent(desk.server.url)}`;
    this.desk = desk;
    this.folder = folder;
    this.#server = server;
  }

  /** @param isAllowed whether the service takes requests of the page */
  static async open(name: ExampleName, isAllowed = true): Promise<ExamplePage> {
    const folder = await mkdtemp(join(tmpdir(), 'stowage-example-'));
    await buildExample(name, folder);
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const desk = await Desk.open(isAllowed ? { CORS_ORIGINS: origin } : {});
    const admin = new StowageClient({ url: desk.server.url, token: desk.token });
    const { token } = await admin.createToken({ name: 'page', scopes: ['publish'] });
    const env = { STOWAGE_URL: desk.server.url, STOWAGE_TOKEN: token, PORT: String(port) };
    const server = spawn(process.execPath, [join(folder, 'server.mjs')], {
      env: cleanEnvironment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await untilAnswering(server, port);
    return new ExamplePage(origin, desk, folder, server);
  }

  async close(): Promise<void> {
    const ended = once(this.#server, 'exit');
    this.#server.kill();
    await Promise.all([ended, this.desk.close()]);
    await rm(this.folder, { recursive: true });
  }
}

async function buildExample(name: ExampleName, folder: string): Promise<void> {
  const publicFolder = join(folder, 'public');
  const common = {
    alias: {
      'stowage/client': join(root, 'client', 'public', 'client.ts'),
      'stowage/uppy': join(root, 'client', 'uppy', 'stowage-uppy.ts'),
    },
    bundle: true,
    format: 'esm',
    logLevel: 'error',
  } as const;
  await Promise.all([
    build({
      ...common,
      entryPoints: {
        upload: join(examples, name, 'upload.js'),
        'hash-worker': join(root, 'client', 'hashing', 'hash-worker.ts'),
      },
      outdir: publicFolder,
    }),
    build({
      ...common,
      entryPoints: [join(examples, 'browser-upload', 'server.js')],
      platform: 'node',
      outfile: join(folder, 'server.mjs'),
    }),
  ]);
  await cp(join(examples, name, 'index.html'), join(publicFolder, 'index.html'));
}
