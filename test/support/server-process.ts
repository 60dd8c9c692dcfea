/** The real server as a process of its own, for tests that kill it, restart it, or talk to it as any client would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { launcher } from './program/launcher.ts';

/** The environment, without Stowage settings of the person who runs the tests. */
export function cleanEnvironment(
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...more };
}

export class ServerProcess {
  readonly url: string;
  /** STORAGE_LOCAL_PATH. */
  readonly path: string;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, path: string, url: string) {
    this.#child = child;
    this.path = path;
    this.url = url;
  }

  /**
   * Resolves once it listens. @throws where it ends before that, with what it wrote
   * @param program the launcher of another release
   * @param flags of `serve`
   */
  static async start(
    path: string,
    env: Readonly<Record<string, string>> = {},
    program: string = launcher,
    flags: readonly string[] = [],
  ): Promise<ServerProcess> {
    const child = spawn(process.execPath, [program, 'serve', ...flags], {
      env: cleanEnvironment({ STORAGE_LOCAL_PATH: path, PORT: '0', ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const written: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => written.push(chunk.toString()));
    const lines = createInterface({ input: child.stdout });
    const url = await new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => {
        written.push(`${line}\n`);
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', (code) =>
        reject(new Error(`the server ended with ${code}: ${written.join('')}`)),
      );
    });
    return new ServerProcess(child, path, url);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get adminToken(): string {
    return readFileSync(join(this.path, '.stowage', 'admin-token'), 'utf8').trim();
  }

  /** Asks it to stop. @returns its exit code */
  stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** Ends it at once, as a power cut would. */
  kill(): Promise<number | null> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      return this.#child.exitCode;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
    return this.#child.exitCode;
  }
}
