/**
 * The processes that answer requests of one port: this server, which alone writes records and takes
 * uploads, and workers, which answer what consumers ask. A worker that ends is replaced.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../service/host/log.ts';
import type { Listener } from '../http/api-listener.ts';
import { type Address, LocalServer, type ServerLimits } from '../http/server.ts';
import type { RequestCounts } from '../metrics/request-counts.ts';
import { Acceptor } from './acceptor.ts';
import type { ToServer, ToWorker, WorkerStart } from './messages.ts';

/** Both the sources and the compiled files can be run. */
const PROGRAM = new URL(
  `../worker-program.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);
/** How long to wait before a worker that ended is replaced. */
const REPLACE_AFTER_MS = 500;

export interface WorkerGroupOptions {
  /** Beside this process. */
  readonly workers: number;
  readonly address: Address;
  readonly limits: ServerLimits;
  readonly log: Log;
  /** Is given what workers count. @default they count nothing */
  readonly requests?: RequestCounts | undefined;
  /** @default 500 */
  readonly replaceAfterMs?: number;
}

type StartOfAll = Omit<WorkerStart, 'kind' | 'serverPath' | 'ownPath'>;

export class WorkerGroup {
  readonly #options: WorkerGroupOptions;
  readonly #folder: string;
  readonly #server: LocalServer;
  readonly #acceptor: Acceptor;
  /** Those that answer, and this server, which is undefined here, in the order of their turns. */
  readonly #turns: (ChildProcess | undefined)[] = [undefined];
  readonly #children = new Set<ChildProcess>();
  #start: StartOfAll | undefined;
  #onTokenUse: (tokenId: string, day: string) => void = () => undefined;
  #started = 0;
  #stopping = false;

  private constructor(
    options: WorkerGroupOptions,
    folder: string,
    listen: (give: (socket: Socket) => void) => Acceptor,
    server: LocalServer,
  ) {
    this.#options = options;
    this.#folder = folder;
    this.#server = server;
    this.#acceptor = listen((socket) => this.#give(socket));
  }

  /** Listens; until `start`, this process answers alone. @throws as `LocalServer.listen` */
  static async listen(listener: Listener, options: WorkerGroupOptions): Promise<WorkerGroup> {
    const folder = await mkdtemp(join(tmpdir(), 'stowage-'));
    const server = await LocalServer.listenAt(pathIn(folder, 'server'), listener, options.limits);
    let give: (socket: Socket) => void = (socket) => server.take(socket);
    try {
      const acceptor = await Acceptor.listen(options.address, (socket) => give(socket));
      const listen = (later: typeof give) => {
        give = later;
        return acceptor;
      };
      return new WorkerGroup(options, folder, listen, server);
    } catch (error) {
      await server.stop(0);
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get port(): number {
    return this.#acceptor.port;
  }

  /** Of this process. The workers log their own. */
  get droppedConnections(): number {
    return this.#server.droppedConnections;
  }

  /**
   * Starts the workers. Settles when all of them answer.
   * @param onTokenUse is called for the first use of a token on a day. @default uses are not noted
   */
  async start(start: StartOfAll, onTokenUse = this.#onTokenUse): Promise<void> {
    this.#start = start;
    this.#onTokenUse = onTokenUse;
    await Promise.all(Array.from({ length: this.#options.workers }, () => this.#fork(start)));
  }

  /** Ends the workers at once: this process must answer no longer, so they must not either. */
  kill(): void {
    this.#stopping = true;
    for (const worker of this.#children) worker.kill('SIGKILL');
  }

  /** Takes no more connections, and lets requests end, up to `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#acceptor.stop();
    // Workers first: they pass requests on to this server.
    await Promise.all([...this.#children].map((worker) => endOf(worker, graceMs)));
    await this.#server.stop(graceMs);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #give(socket: Socket): void {
    const worker = this.#turns.shift();
    this.#turns.push(worker);
    const answerHere = () => this.#server.take(socket);
    if (worker === undefined) answerHere();
    else send(worker, { kind: 'connection' }, socket, answerHere);
  }

  /** Settles when the worker answers, or has ended. */
  #fork(start: StartOfAll): Promise<void> {
    const { log, replaceAfterMs = REPLACE_AFTER_MS } = this.#options;
    const worker = fork(PROGRAM, { serialization: 'advanced' });
    this.#children.add(worker);
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.once('message', (message: ToServer) => {
      if (message.kind === 'ready' && !this.#stopping) {
        this.#turns.push(worker);
        log.info({ pid: worker.pid }, 'a worker answers');
      }
      resolve();
    });
    worker.on('message', (message: ToServer) => {
      if (message.kind === 'counted') this.#options.requests?.addAll(message.requests);
      else if (message.kind === 'used') this.#onTokenUse(message.tokenId, message.day);
    });
    worker.on('error', (error) => log.error({ err: error, pid: worker.pid }, 'a worker failed'));
    worker.once('exit', (code, signal) => {
      this.#children.delete(worker);
      const turn = this.#turns.indexOf(worker);
      if (turn >= 0) this.#turns.splice(turn, 1);
      resolve();
      if (this.#stopping) return;
      log.error({ pid: worker.pid, code, signal }, 'a worker ended, another one is started');
      setTimeout(() => {
        if (!this.#stopping && this.#start !== undefined) void this.#fork(this.#start);
      }, replaceAfterMs).unref();
    });
    const serverPath = pathIn(this.#folder, 'server');
    const ownPath = pathIn(this.#folder, `worker-${this.#started++}`);
    send(worker, { ...start, kind: 'start', serverPath, ownPath });
    return promise;
  }
}

/** The path of a socket; on Windows the name of a pipe. */
function pathIn(folder: string, name: string): string {
  const path = join(folder, name);
  return process.platform === 'win32' ? `\\\\.\\pipe\\${path.replaceAll(/[:\\]/g, '-')}` : path;
}

/** @param onFailure called when the worker has ended before */
function send(
  worker: ChildProcess,
  message: ToWorker,
  socket?: Socket,
  onFailure: () => void = () => undefined,
): void {
  if (!worker.connected) {
    onFailure();
    return;
  }
  worker.send(message, socket, (error) => {
    if (error !== null) onFailure();
  });
}

async function endOf(worker: ChildProcess, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  worker.once('exit', () => resolve());
  const force = setTimeout(() => worker.kill('SIGKILL'), graceMs + 1000);
  send(worker, { kind: 'stop', graceMs });
  await promise;
  clearTimeout(force);
}
