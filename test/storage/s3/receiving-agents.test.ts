/** Bodies that come through one buffer per socket: every byte is right, given back or kept. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  get,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createTlsServer, get as getByTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eachPiece } from '../../../core/ports/blob-store.ts';
import { ReceivingAgents } from '../../../storage/http/receiving-agents.ts';
import { selfSigned } from '../../support/self-signed.ts';

const MIB = 1024 * 1024;
const BLOCK = randomBytes(MIB);
const BLOCKS = 24;

/** Sends the block as often as the path says, and minds how fast it is taken. */
const sendBlocks: RequestListener = async (request, answer) => {
  const blocks = Number(request.url?.slice(1));
  answer.setHeader('content-length', blocks * BLOCK.length);
  for (let left = blocks; left > 0; left -= 1) {
    if (!answer.write(BLOCK)) await once(answer, 'drain');
  }
  answer.end();
};

/** Counts what of a body is not as it was sent. */
class Comparison {
  bytes = 0;
  wrong = 0;

  look(piece: Uint8Array): void {
    for (let done = 0; done < piece.length; ) {
      const at = (this.bytes + done) % BLOCK.length;
      const length = Math.min(piece.length - done, BLOCK.length - at);
      if (BLOCK.compare(piece, done, done + length, at, at + length) !== 0) this.wrong += 1;
      done += length;
    }
    this.bytes += piece.length;
  }
}

describe.each(['http', 'https'] as const)('over %s', (scheme) => {
  let server: Server;
  let agents: ReceivingAgents;

  beforeEach(async () => {
    server =
      scheme === 'http'
        ? createServer(sendBlocks)
        : createTlsServer(selfSigned('localhost'), sendBlocks);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    agents = new ReceivingAgents({ keepAlive: true, maxSockets: 4 });
  });
  afterEach(async () => {
    agents.http.destroy();
    agents.https.destroy();
    server.close();
    await once(server, 'close');
  });

  async function body(blocks: number) {
    const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/${blocks}`;
    const request =
      scheme === 'http'
        ? get(url, { agent: agents.http })
        : getByTls(url, { agent: agents.https, rejectUnauthorized: false });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return Object.assign(answer, { giveBack: (piece: Uint8Array) => agents.giveBack(piece) });
  }

  /** As the proof does. */
  async function lookedAt(blocks: number): Promise<Comparison> {
    const comparison = new Comparison();
    await eachPiece(await body(blocks), (piece) => comparison.look(piece));
    return comparison;
  }

  test('bodies whose pieces are given back are as they were sent, one after the other and several at once', async () => {
    const bodies = [await lookedAt(BLOCKS), await lookedAt(1)];
    bodies.push(...(await Promise.all([1, 2, 3, 4, 5, 6].map(() => lookedAt(4)))));

    expect(bodies.map(({ bytes, wrong }) => [bytes / MIB, wrong])).toEqual(
      [BLOCKS, 1, 4, 4, 4, 4, 4, 4].map((blocks) => [blocks, 0]),
    );
  });

  test('pieces that are kept stay as they are, also where others are given back and the reader is slow', async () => {
    await lookedAt(2);
    const pieces: Buffer[] = [];
    const keep = async () => {
      for await (const piece of await body(8)) {
        pieces.push(piece);
        await turn();
      }
    };

    await Promise.all([keep(), lookedAt(8)]);

    const kept = new Comparison();
    for (const piece of pieces) kept.look(piece);
    expect([kept.bytes / MIB, kept.wrong]).toEqual([8, 0]);
  });

  test('a long body whose pieces are given back takes no more memory than a short one', async () => {
    await lookedAt(2);
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;

    await eachPiece(await body(BLOCKS), () => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    });

    expect(peak / MIB).toBeLessThan(1);
  });
});

test('only memory that a piece has for itself is freed', () => {
  const agents = new ReceivingAgents({});
  const whole = Buffer.allocUnsafeSlow(64 * 1024);
  const half = Buffer.allocUnsafeSlow(64 * 1024).subarray(0, 32 * 1024);
  const short = Buffer.from('short');

  for (const piece of [whole, half, short]) agents.giveBack(piece);

  expect([whole.length, half.length, short.length]).toEqual([0, 32 * 1024, 5]);
});
