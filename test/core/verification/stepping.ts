/** A world whose uploads are verified in steps. Tests can watch, stop or fail every read of the store. */
import type { BlobStore, ByteRange } from '../../../core/ports/blob-store.ts';
import type { UploadDeps } from '../../../core/publishing/deps.ts';
import type { VerificationTicket } from '../../../core/publishing/ticket.ts';
import {
  VERIFICATION_PATIENCE_SECONDS,
  type VerificationStep,
  verifyStep,
} from '../../../core/publishing/verify-in-steps.ts';
import type { PackageRecord } from '../../../core/records.ts';
import { completeUpload } from '../../../core/uploads/complete-upload.ts';
import { wasmHashes } from '../../../storage/hashing/wasm-hashes.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { partRequests, ref, World, withoutEvidence } from '../world.ts';

const RANGE_BYTES = 10;
/** More than any verification of CONTENT takes. */
const MOST_STEPS = 50;
/** Four ranges, the last one short. */
export const CONTENT = 'a file of thirty-four bytes in all';

export class SteppingWorld extends World {
  /** Ranges that were read, in order. */
  readonly reads: ByteRange[] = [];
  readonly tickets: VerificationTicket[] = [];
  /** Called before the store or the catalog is: may throw, or do what others do meanwhile. */
  onCall: (name: string) => void | Promise<void> = () => undefined;
  readonly stepping: UploadDeps;

  constructor() {
    super();
    const store = watched(withoutEvidence(this.memory), (name, args) => {
      if (name === 'get') this.reads.push((args[1] as { readonly range: ByteRange }).range);
      return this.onCall(name);
    });
    this.stepping = {
      ...this.deps,
      store,
      catalog: watched(this.catalog, (name) => this.onCall(name)),
      verification: {
        patienceSeconds: VERIFICATION_PATIENCE_SECONDS,
        enqueue: async (one) => {
          await this.onCall('enqueue');
          this.tickets.push(one);
        },
      },
    };
  }

  /** An upload whose bytes must be read back. @param declared what its publisher announced @returns its first ticket */
  async verifying(declared = CONTENT): Promise<VerificationTicket> {
    const created = await this.create(declared, { method: 'multipart' });
    const [request] = partRequests(created);
    if (request === undefined) throw new Error('no part');
    await this.send(request, declared);
    await completeUpload(this.stepping, ref);
    const ticket = this.tickets.shift();
    if (ticket === undefined) throw new Error('no verification was asked for');
    return ticket;
  }

  /** @param ranges for how many ranges there is time */
  step(ticket: VerificationTicket, ranges = Number.POSITIVE_INFINITY): Promise<VerificationStep> {
    let left = ranges;
    const hasTime = () => {
      left -= 1;
      return left > 0;
    };
    return verifyStep(
      { ...this.stepping, hashes: wasmHashes, rangeBytes: RANGE_BYTES, hasTime },
      ticket,
    );
  }

  /** As the queue would: until there is nothing to go on with. @returns how many steps it took */
  async work(ticket: VerificationTicket, ranges?: number): Promise<number> {
    let next: VerificationTicket | undefined = ticket;
    let steps = 0;
    while (next !== undefined) {
      const step = await this.step(next, ranges);
      next = step.outcome === 'continues' ? step.next : undefined;
      steps += 1;
      if (steps > MOST_STEPS) throw new Error('the verification does not end');
    }
    return steps;
  }

  /** Puts other bytes under the key, as sent by the same attempt. */
  async swap(content: string): Promise<void> {
    const record = await this.record();
    const info = await this.memory.stat(record.key);
    if (info !== undefined) await this.memory.delete(record.key, info);
    const { contentType, attemptId } = record;
    const terms = { contentType, attemptId, contentDisposition: 'attachment', cacheControl: '' };
    this.memory.store(record.key, Buffer.from(content), {
      ...terms,
      size: content.length,
      sha256: sha256Of(content),
    });
  }

  async record(): Promise<PackageRecord> {
    const record = await this.catalog.getPackage(ref);
    if (record === undefined) throw new Error('there is no record');
    return record;
  }
}

/** Every method of `target`, after `before`. */
function watched<Port extends BlobStore | World['catalog']>(
  target: Port,
  before: (name: string, args: readonly unknown[]) => void | Promise<void>,
): Port {
  return new Proxy(target, {
    get(port, name) {
      const value: unknown = Reflect.get(port, name, port);
      if (
        typeof value !== 'function' ||
        !['get', 'stat', 'completeMultipart', 'getPackage', 'changePackage'].includes(String(name))
      ) {
        return typeof value === 'function' ? value.bind(port) : value;
      }
      return async (...args: readonly unknown[]) => {
        await before(String(name), args);
        return value.apply(port, args);
      };
    },
  });
}
