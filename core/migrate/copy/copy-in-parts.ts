/** Copies one large file part by part, and continues a copy that broke off. */

import { createHash, type Hash } from 'node:crypto';
import { isServiceError } from '../../errors.ts';
import type { PackageKey } from '../../names.ts';
import type { BlobInfo } from '../../ports/blob-store.ts';
import type { MultipartUpload, PartPlan, PartTerms } from '../../ports/multipart-store.ts';
import { partPlanFor, partTerms } from '../../proof/part-plan.ts';
import { bytesOf, type Copy, type CopyDeps, type Wanted } from './copy.ts';
import { prove } from './evidence.ts';
import { mismatch, readInto, readSource } from './read-source.ts';

/** How many parts of one file are sent at a time. */
const PARTS_AT_ONCE = 4;

interface Started {
  readonly upload: MultipartUpload;
  readonly plan: PartPlan;
  /** SHA-256 of the parts that the target has, by number. */
  readonly has: ReadonlyMap<number, string>;
}

/**
 * Reads every part, for the SHA-256 of the whole, and sends those that the target does not have. If
 * the signal or a fault stops it, the parts stay in the target for the next run. If the source is
 * not as wanted, the parts are removed.
 */
export async function copyInParts(deps: CopyDeps, wanted: Wanted): Promise<Copy> {
  const { to, journal } = deps;
  const { source, terms } = wanted;
  const started = await start(deps, wanted);
  const whole = createHash('sha256');
  const { readBytes, sentBytes } = await sendAll(deps, source, started, whole);
  const read = whole.digest('hex');
  const full = { ...terms, sha256: terms.sha256 ?? read };
  const wrong = await mismatch(deps, source, full, readBytes, read);
  if (wrong !== undefined) {
    await dropParts(deps, source.key);
    return { ...wrong, sentBytes };
  }
  try {
    const blob = await to.store.completeMultipart(started.upload, read);
    journal.noteCopyEnded(to.place, source.key);
    return await prove(deps, { outcome: 'copied', blob, terms: full, sentBytes });
  } catch (error) {
    if (isServiceError(error, 'ALREADY_EXISTS')) await dropParts(deps, source.key);
    throw error;
  }
}

/** Removes the parts of a copy that will not be continued. */
export async function dropParts(
  { to, journal }: Pick<CopyDeps, 'to' | 'journal'>,
  key: PackageKey,
): Promise<void> {
  const known = journal.copyUnderWay(to.place, key);
  if (known === undefined) return;
  await to.store.abortMultipart({ key, uploadId: known.uploadId });
  journal.noteCopyEnded(to.place, key);
}

/**
 * Continues the copy that the journal knows, if it is of the same bytes and the target still knows
 * it.
 */
async function start(deps: CopyDeps, { source, terms }: Wanted): Promise<Started> {
  const { from, to, journal } = deps;
  const plan = partPlanFor(source.size, true);
  const known = journal.copyUnderWay(to.place, source.key);
  if (known !== undefined) {
    const upload = { key: source.key, uploadId: known.uploadId };
    const isSame =
      known.source.place === from.place &&
      known.source.fingerprint === bytesOf(from, source).fingerprint;
    const arrived = isSame ? await arrivedParts(deps, upload) : undefined;
    if (arrived !== undefined) {
      const has = new Map(
        [...known.parts].filter(([number]) => arrived.get(number) === sizeOf(source, plan, number)),
      );
      return { upload, plan, has };
    }
    await dropParts(deps, source.key);
  }
  const upload = await to.store.beginMultipart(source.key, terms, plan);
  journal.noteCopyBegun(to.place, bytesOf(from, source), upload.uploadId);
  return { upload, plan, has: new Map() };
}

/** Bytes by part number; undefined if the target no longer knows the upload. */
async function arrivedParts(
  { to }: CopyDeps,
  upload: MultipartUpload,
): Promise<ReadonlyMap<number, number> | undefined> {
  try {
    return new Map(
      (await to.store.listParts(upload)).map(({ partNumber, size }) => [partNumber, size]),
    );
  } catch (error) {
    if (isServiceError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

function sizeOf(source: BlobInfo, plan: PartPlan, partNumber: number): number {
  return partNumber > plan.partCount ? -1 : partTerms(source.size, plan, partNumber).size;
}

/** Resolves or rejects only after every part has been answered. */
async function sendAll(
  deps: CopyDeps,
  source: BlobInfo,
  started: Started,
  whole: Hash,
): Promise<{ readonly readBytes: number; readonly sentBytes: number }> {
  const { upload, plan, has } = started;
  const underWay = new Set<Promise<void>>();
  let readBytes = 0;
  let sentBytes = 0;
  try {
    for (let partNumber = 1; partNumber <= plan.partCount; partNumber++) {
      deps.signal?.throwIfAborted();
      if (underWay.size >= PARTS_AT_ONCE) await Promise.race(underWay);
      const { buffer, giveBack } = await deps.buffers.lend(sizeOf(source, plan, partNumber));
      const hash = createHash('sha256');
      const look = (piece: Buffer) => {
        hash.update(piece);
        whole.update(piece);
      };
      const start = (partNumber - 1) * plan.partSize;
      const read = () => readSource(() => readInto(deps, source, start, buffer, look));
      const part = await giveBackOnFailure(giveBack, read);
      const sha256 = hash.digest('hex');
      readBytes += part.length;
      // The source became shorter. Its bytes do not fit the plan, and the proof of the whole will
      // fail.
      const isWhole = part.length === buffer.length;
      if (!isWhole || has.get(partNumber) === sha256) {
        giveBack();
        continue;
      }
      sentBytes += part.length;
      const sending = sendPart(
        deps,
        upload,
        partTerms(source.size, plan, partNumber, sha256),
        part,
      ).finally(() => {
        underWay.delete(sending);
        giveBack();
      });
      // The race, or the wait below, reports the error.
      sending.catch(() => undefined);
      underWay.add(sending);
    }
    await Promise.all(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
  return { readBytes, sentBytes };
}

async function sendPart(
  { to, journal, sent }: CopyDeps,
  upload: MultipartUpload,
  terms: PartTerms & { readonly sha256?: string },
  bytes: Buffer,
): Promise<void> {
  const { partNumber, sha256 = '' } = terms;
  await to.store.putPart(upload, terms, bytes);
  sent?.(bytes.length);
  journal.notePart(to.place, upload.key, upload.uploadId, partNumber, sha256);
}

async function giveBackOnFailure<Result>(
  giveBack: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    giveBack();
    throw error;
  }
}
