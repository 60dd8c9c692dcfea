/** Makes the statement of a sealed version, once. */
import { ServiceError } from '../errors.ts';
import { type Catalog, everyPackage } from '../ports/catalog.ts';
import type { ReleaseSigner, Statements } from '../ports/statements.ts';
import { type PackageRecord, PUBLISHED, type VersionRecord } from '../records.ts';
import { signStatement } from './statement.ts';

export interface StatementDeps {
  readonly catalog: Pick<Catalog, 'listPackages'>;
  readonly statements: Statements;
  readonly releaseSigner: ReleaseSigner;
}

/**
 * Repeatable: after a crash the next call makes it, and of two calls at the same time one statement is
 * kept. It names every file that is published, yanked ones too, because they may come back.
 */
export async function keepStatement(deps: StatementDeps, version: VersionRecord): Promise<string> {
  const { catalog, statements, releaseSigner } = deps;
  const kept = await statements.read(version.versionId);
  if (kept !== undefined) return kept;
  const records: PackageRecord[] = [];
  for await (const record of everyPackage(catalog, version.versionId, PUBLISHED))
    records.push(record);
  return statements.keep(version.versionId, await signStatement(releaseSigner, version, records));
}

/** @throws NOT_FOUND where the version is not sealed, or its statement was not made */
export async function readStatement(
  statements: Statements,
  { versionId, sealedAt }: VersionRecord,
): Promise<string> {
  if (sealedAt === undefined)
    throw new ServiceError('NOT_FOUND', `version ${versionId} is not sealed: it has no statement`);
  const kept = await statements.read(versionId);
  if (kept !== undefined) return kept;
  throw new ServiceError(
    'NOT_FOUND',
    `version ${versionId} is sealed, but its statement was not made yet: seal it again`,
  );
}

/** What a host needs for statements; one that has neither makes and serves none. */
interface MaybeStatements {
  readonly statements?: Statements;
  readonly releaseSigner?: ReleaseSigner;
}

/** @throws NOT_SUPPORTED */
export function requireStatements({ statements, releaseSigner }: MaybeStatements): {
  readonly statements: Statements;
  readonly releaseSigner: ReleaseSigner;
} {
  if (statements !== undefined && releaseSigner !== undefined) return { statements, releaseSigner };
  throw new ServiceError(
    'NOT_SUPPORTED',
    'this service makes no statements: servers on one machine do, services on AWS do not yet',
  );
}
