/** Whether a version still takes files: every publisher asks, between its record and its publication. */
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { VersionId } from '../names.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { VersionRecord } from '../records.ts';

export interface OpenDeps {
  readonly catalog: Pick<Catalog, 'getVersion' | 'changeVersion'>;
  readonly clock: Clock;
}

/** A request that has been sealing for so long has ended without saying so: functions on AWS live 29 s. */
const SEALING_SECONDS = 60;

/**
 * Throws where the version takes no file. A seal that its process left behind is ended here, so that
 * it stops no one for longer than a minute.
 * @param version as it is now
 * @throws SEALED; UNAVAILABLE while it is being sealed, which may yet fail
 */
export async function requireOpen(
  { catalog, clock }: OpenDeps,
  version: VersionRecord | undefined,
): Promise<void> {
  if (version?.sealedAt !== undefined) throw sealedError(version.versionId);
  if (version?.sealing === undefined) return;
  const { versionId, sealing, draft } = version;
  const isLeft = clock().getTime() - sealingSince(sealing) >= SEALING_SECONDS * 1000;
  if (isLeft) {
    const expected = { isDraft: draft === true, sealing };
    if ((await catalog.changeVersion(versionId, expected, { sealing: null })) !== undefined) return;
  }
  throw beingSealed(versionId);
}

/** What `VersionRecord.sealing` says of an attempt to seal. */
export function sealingOf(begun: Date, id: string): string {
  return `${begun.toISOString()} ${id}`;
}

function sealingSince(sealing: string): number {
  return Date.parse(sealing.split(' ')[0] ?? '');
}

export function sealedError(versionId: VersionId): ServiceError {
  return new ServiceError(
    'SEALED',
    `version ${versionId} is sealed: nothing can be added to it or changed; publish in another version`,
  );
}

export function beingSealed(versionId: VersionId): ServiceError {
  return new ServiceError(
    'UNAVAILABLE',
    `version ${versionId} is being sealed just now; ask again`,
  );
}
