/**
 * Strangers hold many connections to a server and send as little or as much as they can on each, while
 * a publisher and a reader continue their work.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { PlainClient, send } from '../support/plain-client.ts';
import { ServerProcess } from '../support/server-process.ts';

const MIB = 1024 * 1024;
/** Bodies are announced as large as they may be. */
const ANNOUNCED_BYTES = 256 * 1024;
/** What is sent of them at once; the rest comes byte by byte. */
const SENT_AT_ONCE = ANNOUNCED_BYTES - 1000;
const DRIBBLE_EVERY_MS = 200;
/** A stranger that was thrown out comes back. */
const BACK_AFTER_MS = 500;
const ROUNDS = 5;
const VERSION = '1.0.0';

export interface FloodReport {
  /** Connections that strangers opened, those in the place of closed ones included. */
  readonly opened: number;
  /** Answers that strangers got, by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Packages that were pushed and pulled while the flood went on, with the right bytes. */
  readonly delivered: number;
  /** Most memory that the server had, in MiB; undefined where the system does not say. */
  readonly peakMib: number | undefined;
  /** Before the flood. */
  readonly calmMib: number | undefined;
}

/** Ends by itself. @param path an empty folder for the server */
export async function flood(connections: number, path: string): Promise<FloodReport> {
  const server = await ServerProcess.start(path);
  try {
    const client = friendlyClient(server);
    await deliver(client, 'before', 0);
    const calmMib = peakMibOf(server.pid);
    const crowd = new Crowd(server.url);
    try {
      await crowd.gather(connections);
      let delivered = 0;
      for (let round = 0; round < ROUNDS; round++) {
        if (await deliver(client, 'during', round)) delivered++;
        await crowd.untilAnswered(((round + 1) * connections) / 4);
      }
      return {
        opened: crowd.opened,
        statuses: crowd.statuses,
        delivered,
        peakMib: peakMibOf(server.pid),
        calmMib,
      };
    } finally {
      crowd.leave();
    }
  } finally {
    await server.kill();
  }
}

/** A connection each, as of many users. */
function friendlyClient(server: ServerProcess): PlainClient {
  const agent = new Agent({ keepAlive: false });
  return new PlainClient(server.url, server.adminToken, (url, options) =>
    send(url, { ...options, agent }),
  );
}

async function deliver(client: PlainClient, when: string, round: number): Promise<boolean> {
  const bytes = randomBytes(MIB);
  const packageId = `${when}-${round}`;
  await client.push(VERSION, packageId, bytes, 'single');
  return bytes.equals(await client.pull(VERSION, `${packageId}.bin`));
}

class Crowd {
  readonly #url: string;
  readonly #sockets = new Set<Socket>();
  readonly #dribble = setInterval(() => this.#sendALittle(), DRIBBLE_EVERY_MS);
  readonly statuses: Record<string, number> = {};
  opened = 0;
  #answered = 0;
  #left = false;
  #waiting: { readonly answers: number; readonly resolve: () => void } | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async gather(connections: number): Promise<void> {
    await Promise.all(Array.from({ length: connections }, (_, index) => this.#join(index)));
  }

  /** Settles when strangers have got so many answers: a flood that the server does not notice would prove nothing. */
  untilAnswered(answers: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { answers, resolve };
      this.#look();
    });
  }

  leave(): void {
    this.#left = true;
    clearInterval(this.#dribble);
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Every third sends a body, every third its headers slowly, every third one or the other in pieces. */
  #join(index: number): Promise<void> {
    if (this.#left) return Promise.resolve();
    this.opened++;
    const socket = connect({ port: Number(new URL(this.#url).port), host: '127.0.0.1' });
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#note(chunk));
    socket.once('close', () => {
      this.#sockets.delete(socket);
      setTimeout(() => this.#join(index), BACK_AFTER_MS).unref();
    });
    return new Promise((resolve) => {
      socket.once('close', resolve).once('connect', () => {
        socket.write(openingOf(index, this.opened));
        resolve();
      });
    });
  }

  #sendALittle(): void {
    for (const socket of this.#sockets)
      if (!socket.connecting && socket.writable && socket.writableLength === 0) socket.write('x');
  }

  #note(chunk: Buffer): void {
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(chunk.toString('latin1')) ?? [];
    if (status === undefined) return;
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    this.#answered++;
    this.#look();
  }

  #look(): void {
    if (this.#waiting === undefined || this.#answered < this.#waiting.answers) return;
    this.#waiting.resolve();
    this.#waiting = undefined;
  }
}

/** The token is formed well, and was never made. */
function openingOf(index: number, number: number): string {
  const head = `POST /v1/versions/${VERSION}/packages HTTP/1.1\r\nHost: h\r\nX-Pad: `;
  if (index % 3 === 2) return head;
  const token = `stw_${String(number).padStart(10, '0')}_${'A'.repeat(43)}`;
  const announced = `${head}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${ANNOUNCED_BYTES}\r\n\r\n`;
  return index % 3 === 0 ? announced + ' '.repeat(SENT_AT_ONCE) : announced;
}

function peakMibOf(pid: number): number | undefined {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Math.round(Number(kib) / 1024);
  } catch {
    return undefined;
  }
}
