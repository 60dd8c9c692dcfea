/**
 * A server behind a proxy, a folder to work in, and the CLI as its users run it: a process of its
 * own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { launcher } from '../support/program/launcher.ts';
import { cleanEnvironment, ServerProcess } from '../support/server-process.ts';
import { Meddler } from './meddler.ts';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** @default the bundled program */
  readonly program?: string;
  /** A file to write the output to. @default a pipe, which is read */
  readonly stdout?: number;
  /** Is given the process as soon as there is one. */
  readonly started?: (child: ChildProcess) => void;
}

/** Runs `stowage` to its end. No setting of the user who runs the tests reaches it. */
export async function runCli(words: readonly string[], options: RunOptions): Promise<Ran> {
  const child = spawn(process.execPath, [options.program ?? launcher, ...words], {
    cwd: options.cwd,
    env: cleanEnvironment({
      HOME: options.cwd,
      XDG_CONFIG_HOME: join(options.cwd, 'config'),
      // Compiled code is kept from one run to the next.
      XDG_CACHE_HOME: join(homedir(), '.cache'),
      ...options.env,
    }),
    stdio: ['ignore', options.stdout ?? 'pipe', 'pipe'],
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  options.started?.(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return {
    code,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

/** The lines of JSON in a text. */
export function jsonLines<Line>(text: string): readonly Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'stowage-cli-'));
}

export class House {
  readonly folder: string;
  readonly proxy: Meddler;
  readonly server: ServerProcess;

  private constructor(folder: string, proxy: Meddler, server: ServerProcess) {
    this.folder = folder;
    this.proxy = proxy;
    this.server = server;
  }

  static async open(env: Readonly<Record<string, string>> = {}): Promise<House> {
    const folder = await temporaryFolder();
    const proxy = await Meddler.listen();
    const server = await ServerProcess.start(join(folder, 'storage'), {
      PUBLIC_URL: proxy.url,
      ...env,
    });
    proxy.target = server.url;
    return new House(folder, proxy, server);
  }

  async close(): Promise<void> {
    await this.server.stop();
    await this.proxy.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Runs `stowage` in the folder, as an admin who goes through the proxy. */
  stowage(words: readonly string[], options: Partial<RunOptions> = {}): Promise<Ran> {
    const { env, ...others } = options;
    const admin = { STOWAGE_URL: this.proxy.url, STOWAGE_TOKEN: this.server.adminToken };
    return runCli(words, { cwd: this.folder, env: { ...admin, ...env }, ...others });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
  }
}

/** What a service of an earlier release answers where it has no route. */
export const UNKNOWN_ROUTE = {
  status: 404,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ code: 'NOT_FOUND', detail: 'there is nothing under "/v1/links"' }),
};
