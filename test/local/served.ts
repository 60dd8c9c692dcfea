/** The real service on a folder of its own, over loopback, for the tests of this room. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { type Running, serve } from '../../local/serve.ts';
import { readSettings } from '../../open/settings/server-settings.ts';

export type LogLine = Readonly<Record<string, unknown>>;

/** A logger whose lines a test can read, and wait for. */
export class LogBook {
  readonly lines: LogLine[] = [];
  readonly log: Logger;
  readonly #waiting: {
    readonly fits: (line: LogLine) => boolean;
    readonly resolve: (line: LogLine) => void;
  }[] = [];

  constructor() {
    this.log = pino(
      { level: 'debug' },
      { write: (text: string) => this.#enter(JSON.parse(text) as LogLine) },
    );
  }

  /** The first line that fits, from those that are there or are to come. */
  async line(fits: (line: LogLine) => boolean): Promise<LogLine> {
    const there = this.lines.find(fits);
    if (there !== undefined) return there;
    return new Promise((resolve) => {
      this.#waiting.push({ fits, resolve });
    });
  }

  #enter(line: LogLine): void {
    this.lines.push(line);
    for (const { fits, resolve } of this.#waiting) if (fits(line)) resolve(line);
  }
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'stowage-local-'));
}

export interface Served {
  readonly running: Running;
  readonly url: string;
  readonly token: string;
  readonly book: LogBook;
}

/** Starts and stops services; `removeAll` belongs into an afterEach. */
export class Servings {
  readonly #running: Running[] = [];
  readonly #folders: string[] = [];

  async folder(): Promise<string> {
    const folder = await temporaryFolder();
    this.#folders.push(folder);
    return folder;
  }

  /** @param workers processes that answer requests beside the first one */
  async start(
    folder: string,
    environment: Readonly<Record<string, string>> = {},
    workers = 0,
  ): Promise<Served> {
    const book = new LogBook();
    const settings = readSettings({ STORAGE_LOCAL_PATH: folder, PORT: '0', ...environment });
    const log = { fd: process.stderr.fd, level: 'silent' };
    const running = await serve(settings, {
      log: book.log,
      ...(workers > 0 && { workers: { count: workers, log } }),
    });
    this.#running.push(running);
    const token =
      environment['ADMIN_TOKEN'] ?? (await readFile(running.adminTokenFile, 'utf8')).trim();
    return { running, url: running.url, token, book };
  }

  async removeAll(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((running) => running.stop()));
    await Promise.all(this.#folders.splice(0).map((folder) => rm(folder, { recursive: true })));
  }
}

/** Sends raw text, and returns everything that arrives until the server closes. */
export async function sendRaw(url: string, text: string): Promise<string> {
  const socket = openSocket(url);
  socket.end(text);
  return allOf(socket);
}

export function openSocket(url: string): Socket {
  return connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
}

export async function allOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}
