/**
 * The last step of an upload: turns the proof into the state of the record, in one conditional
 * write.
 */
import { actByDefault } from '../audit/actor.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { Expected } from '../ports/catalog.ts';
import { storeOf } from '../ports/stores.ts';
import { removeBytesOf, removeVersion } from '../proof/cleanup.ts';
import type { Proof } from '../proof/proof.ts';
import {
  type BlobVersion,
  type PackageChange,
  type PackageRecord,
  type PackageState,
  type Rejection,
  UNDER_WAY,
  type VersionRecord,
  versionOf,
} from '../records.ts';
import { requireOpen } from '../sealing/open-version.ts';
import type { UploadDeps } from './deps.ts';

type PublishDeps = Pick<UploadDeps, 'catalog' | 'store' | 'fallback' | 'clock'>;
export type Settled = Exclude<Proof, { outcome: 'unproven' }>;

/**
 * Writes the outcome of a proof. Proven bytes make the package `available`. Bytes of another
 * attempt, which is dead, are removed, and the upload goes on. Wrong bytes of this attempt, and
 * foreign files, reject the upload; a foreign file stays.
 * @returns the record as it is now; undefined if it ended meanwhile
 * @throws SEALED after an upload into a sealed version was removed; UNAVAILABLE while the version is
 *   being sealed
 */
export async function publish(
  deps: PublishDeps,
  record: PackageRecord,
  proof: Settled,
): Promise<PackageRecord | undefined> {
  switch (proof.outcome) {
    case 'proven':
      return makeAvailable(deps, record, proof.blob);
    case 'missing':
      return changeState(deps, record, 'pending');
    case 'refuted': {
      const { attemptId } = proof.blob;
      if (attemptId === undefined) {
        const detail = `${record.key} already holds a file that Stowage did not upload (${proof.reason}); move it away first`;
        return reject(deps, record, { code: 'KEY_OCCUPIED', detail });
      }
      if (attemptId === record.attemptId)
        return reject(deps, record, { code: 'INTEGRITY', detail: proof.reason });
      await removeVersion(storeOf(deps, record), record.key, proof.blob);
      return changeState(deps, record, 'pending');
    }
  }
}

async function makeAvailable(
  deps: PublishDeps,
  record: PackageRecord,
  blob: BlobVersion,
): Promise<PackageRecord | undefined> {
  const [version, holdsNames] = await Promise.all([
    deps.catalog.getVersion(record.versionId),
    deps.catalog.holdsNames(record),
  ]);
  await requireOpenFor(deps, record, version);
  if (!holdsNames) {
    const detail = `another package of version ${record.versionId} has the name ${JSON.stringify(record.filename)}`;
    return reject(deps, record, { code: 'ALREADY_EXISTS', detail });
  }
  const now = deps.clock().toISOString();
  const change: PackageChange = {
    ...{ state: 'available', publishedAt: now, touchedAt: now },
    blob: versionOf(blob),
    ...(version?.draft === true && { draft: true as const }),
  };
  // The sweep and the verification publish in the name of the publisher.
  const available = await actByDefault(record.createdBy, () =>
    deps.catalog.changePackage(record, unfinished(record), change),
  );
  // Only now may the store forget which attempt sent the bytes: an abort or the sweep could still
  // have needed it before.
  if (available !== undefined) await storeOf(deps, record).settle(record.key);
  return available;
}

/** A seal is for good, so the upload can never be published: it ends, and its bytes go. */
async function requireOpenFor(
  deps: PublishDeps,
  record: PackageRecord,
  version: VersionRecord | undefined,
): Promise<void> {
  try {
    await requireOpen(deps, version);
  } catch (error) {
    if (isServiceError(error, 'SEALED')) await withdraw(deps, record);
    throw error;
  }
}

/** Removes an upload that was not published, and what it stored. */
export async function withdraw(
  deps: Pick<PublishDeps, 'catalog' | 'store' | 'fallback'>,
  record: PackageRecord,
): Promise<void> {
  if (await deps.catalog.removePackage(record, unfinished(record)))
    await removeBytesOf(storeOf(deps, record), record);
}

/**
 * Ends an upload that cannot succeed. Its bytes are removed at once; the record stays, so that its
 * publisher sees why.
 */
export async function reject(
  deps: PublishDeps,
  record: PackageRecord,
  rejection: Rejection,
): Promise<PackageRecord | undefined> {
  const rejected = await changeState(deps, record, 'rejected', rejection);
  if (rejected !== undefined) await removeBytesOf(storeOf(deps, rejected), rejected);
  return rejected;
}

async function changeState(
  deps: PublishDeps,
  record: PackageRecord,
  state: PackageState,
  rejection?: Rejection,
): Promise<PackageRecord | undefined> {
  if (record.state === state) return record;
  const touchedAt = deps.clock().toISOString();
  const change = rejection === undefined ? { state, touchedAt } : { state, touchedAt, rejection };
  return deps.catalog.changePackage(record, unfinished(record), change);
}

function unfinished(record: PackageRecord): Expected {
  return { attemptId: record.attemptId, states: UNDER_WAY };
}

/** The error for a publisher who asks again about a rejected upload. */
export function rejectionError(record: PackageRecord): ServiceError {
  const { code, detail } = record.rejection ?? {
    code: 'INTEGRITY',
    detail: 'the bytes were not what was declared',
  };
  return new ServiceError(code, `${detail}; create the package again to send it again`);
}
