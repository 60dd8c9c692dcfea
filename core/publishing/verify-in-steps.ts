/**
 * Verifies in steps, where no process lives long enough to read a large file: one step does what it
 * has time for, and returns where the next one continues.
 */
import { isServiceError } from '../errors.ts';
import { storeOf } from '../ports/stores.ts';
import { removeIfGivenUp } from '../proof/cleanup.ts';
import { proveByEvidence } from '../proof/proof.ts';
import { digestOf, type PackageRecord } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { touchVerifying } from './ask-again.ts';
import type { UploadDeps } from './deps.ts';
import {
  type HashingOptions,
  hashInRanges,
  isSameVersion,
  type ResumableHashes,
} from './hash-in-ranges.ts';
import { joinParts } from './join-parts.ts';
import { publish, reject, type Settled } from './publish.ts';
import {
  idleSeconds,
  ticketOf,
  type VerificationProgress,
  type VerificationTicket,
} from './ticket.ts';

export interface StepDeps extends Pick<UploadDeps, 'catalog' | 'store' | 'fallback' | 'clock'> {
  readonly hashes: ResumableHashes;
  /** Whether there is time for one more range. */
  readonly hasTime: () => boolean;
  /** @default 64 MiB */
  readonly rangeBytes?: number;
}

/**
 * - `ended`: this upload needs no verification, or no more.
 * - `elsewhere`: another worker verifies it.
 * - `continues`: the next step must get `next`.
 */
export type VerificationStep =
  | { readonly outcome: 'ended'; readonly record: PackageRecord | undefined }
  | { readonly outcome: 'elsewhere' }
  | { readonly outcome: 'continues'; readonly next: VerificationTicket };

/** How often a worker reports that it is alive. */
const HEARTBEAT_SECONDS = 60;
/**
 * A worker that has not reported for this long is considered dead. Joining ten thousand parts takes
 * minutes, without a report meanwhile.
 */
export const VERIFICATION_PATIENCE_SECONDS = 600;

/**
 * Repeatable, at any time, also in several processes: the worst that a repeated ticket does is to
 * have bytes read twice. A fault is thrown and leaves the package `verifying`; the same ticket may
 * be tried again at once.
 */
export async function verifyStep(
  deps: StepDeps,
  ticket: VerificationTicket,
): Promise<VerificationStep> {
  const found = await deps.catalog.getPackage(ticket);
  if (found?.state !== 'verifying' || found.attemptId !== ticket.attemptId)
    return { outcome: 'ended', record: found };
  const isFresh = found.touchedAt === ticket.touchedAt;
  if (!isFresh && idleSeconds(found.touchedAt, deps.clock()) < VERIFICATION_PATIENCE_SECONDS) {
    return { outcome: 'elsewhere' };
  }
  const record = await touchVerifying(deps, found);
  if (record === undefined) return { outcome: 'elsewhere' };
  const work = new StepWork(deps, record);
  try {
    return await work.run(ticket.progress);
  } catch (error) {
    if (isServiceError(error, 'SEALED')) return { outcome: 'ended', record: undefined };
    if (isServiceError(error, 'KEY_OCCUPIED')) {
      const rejection = { code: 'KEY_OCCUPIED', detail: error.message } as const;
      return { outcome: 'ended', record: await reject(deps, record, rejection) };
    }
    await work.release(ticket);
    throw error;
  }
}

/** One step on a record, which it touches as it goes on. */
class StepWork {
  readonly #deps: StepDeps;
  #record: PackageRecord;
  #isTaken = false;

  constructor(deps: StepDeps, record: PackageRecord) {
    this.#deps = deps;
    this.#record = record;
  }

  async run(progress: VerificationProgress | undefined): Promise<VerificationStep> {
    // If a part of the file was read before, the parts are joined already.
    const rejection =
      progress === undefined ? await joinParts(this.#deps, this.#record) : undefined;
    if (rejection !== undefined) {
      return { outcome: 'ended', record: await reject(this.#deps, this.#record, rejection) };
    }
    const store = storeOf(this.#deps, this.#record);
    const proof = await proveByEvidence(store, this.#record);
    if (proof.outcome !== 'unproven') {
      return this.#publish(proof);
    }
    const hashing = await hashInRanges(this.#hashing(store), proof.blob, progress);
    if (this.#isTaken) {
      await removeIfGivenUp(this.#deps, this.#record);
      return { outcome: 'elsewhere' };
    }
    if (hashing.outcome === 'stopped') return this.#continues(hashing.progress);
    // Bytes of another version have not been read, even if they are right: the next step reads
    // them.
    const now = hashing.outcome === 'hashed' ? await store.stat(this.#record.key) : undefined;
    if (hashing.outcome === 'swapped' || now === undefined || !isSameVersion(now, proof.blob))
      return this.#continues();
    const declared = digestOf(this.#record);
    const reason = `sha256 declared ${declared}, stored ${hashing.sha256}`;
    const isRight = hashing.sha256 === declared;
    const settled = isRight
      ? { outcome: 'proven' as const }
      : { outcome: 'refuted' as const, reason };
    return this.#publish({ ...settled, blob: proof.blob });
  }

  /**
   * After a fault, makes the same ticket valid again. If that cannot be written, the ticket is
   * valid after the patience.
   */
  async release({ touchedAt }: VerificationTicket): Promise<void> {
    const { attemptId, touchedAt: claimedAt } = this.#record;
    const expected = { attemptId, states: ['verifying'], touchedAt: claimedAt } as const;
    await this.#deps.catalog
      .changePackage(this.#record, expected, { touchedAt })
      .catch(() => undefined);
  }

  async #publish(proof: Settled): Promise<VerificationStep> {
    const published = await publish(this.#deps, this.#record, proof);
    return {
      outcome: 'ended',
      record: published ?? (await removeIfGivenUp(this.#deps, this.#record)),
    };
  }

  #continues(progress?: VerificationProgress): VerificationStep {
    return { outcome: 'continues', next: ticketOf(this.#record, progress) };
  }

  #hashing(store: HashingOptions['store']): HashingOptions {
    const { hashes, rangeBytes } = this.#deps;
    const mayGoOn = async () => (await this.#isStillOurs()) && this.#deps.hasTime();
    return { store, hashes, mayGoOn, ...withoutUndefined({ rangeBytes }) };
  }

  async #isStillOurs(): Promise<boolean> {
    if (idleSeconds(this.#record.touchedAt, this.#deps.clock()) < HEARTBEAT_SECONDS) return true;
    const touched = await touchVerifying(this.#deps, this.#record);
    this.#isTaken = touched === undefined;
    this.#record = touched ?? this.#record;
    return touched !== undefined;
  }
}
