/**
 * Reads what a client still sends after it was answered. Closing the connection earlier would reset
 * it, and the client might not see the answer.
 */
import type { IncomingMessage } from 'node:http';
import { freeMemory } from '../../storage/buffers.ts';
import { waitForRest } from './connections.ts';

export interface DrainLimits {
  readonly maxBytes: number;
  /** How long to wait for the next byte. */
  readonly idleMs: number;
  readonly totalMs: number;
}

const LIMITS: DrainLimits = { maxBytes: 64 * 1024 * 1024, idleMs: 5_000, totalMs: 30_000 };

/** Settles, without rejecting, when the body ends, the client leaves, or a limit is reached. */
export function drain(request: IncomingMessage, limits: DrainLimits = LIMITS): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve();
  waitForRest(request.socket);
  return new Promise((resolve) => {
    let left = limits.maxBytes;
    const done = () => {
      clearTimeout(idle);
      clearTimeout(total);
      request.off('data', onData).off('end', done).off('close', done).off('error', done);
      resolve();
    };
    const onData = (chunk: Buffer) => {
      left -= chunk.length;
      freeMemory(chunk);
      idle.refresh();
      if (left < 0) done();
    };
    const idle = setTimeout(done, limits.idleMs);
    const total = setTimeout(done, limits.totalMs);
    request.on('data', onData).on('end', done).on('close', done).on('error', done);
    request.resume();
  });
}
