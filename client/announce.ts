/** Announces an upload: takes a name, and begins again where the service wants another announcement. */
import type { CreatedPackage } from '../api/schemas/answers.ts';
import type { CreatePackageBody } from '../api/schemas/requests.ts';
import type { StowageClient } from './stowage-client.ts';
import { isStowageError } from './stowage-error.ts';

export interface Announcing {
  readonly versionId: string;
  /** What to declare. */
  readonly declaration: CreatePackageBody;
  /** SHA-256 of the file, for a declaration without one. */
  readonly hashWhole?: (() => Promise<string>) | undefined;
}

/**
 * Without a sha256 the service may refuse: because it is of an earlier release, because its store
 * does not report the digests of parts, or because it may have this very file. Then it gets it.
 */
export async function announceOrHash(
  client: StowageClient,
  { versionId, declaration, hashWhole }: Announcing,
  signal: AbortSignal | undefined,
): Promise<readonly [CreatedPackage, CreatePackageBody]> {
  try {
    return [await announce(client, versionId, declaration, signal), declaration];
  } catch (error) {
    const isWanted = declaration.sha256 === undefined && isStowageError(error, ...WANTS_DIGEST);
    if (!isWanted || hashWhole === undefined) throw error;
    const whole = { ...declaration, sha256: await hashWhole() };
    return [await announce(client, versionId, whole, signal), whole];
  }
}

const WANTS_DIGEST = [
  'INVALID_INPUT',
  'NOT_SUPPORTED',
  'ALREADY_EXISTS',
  'UPLOAD_IN_PROGRESS',
] as const;

/** If the store has dropped the parts of an upload, the upload is abandoned and begun again. */
async function announce(
  client: StowageClient,
  versionId: string,
  declaration: CreatePackageBody,
  signal: AbortSignal | undefined,
): Promise<CreatedPackage> {
  try {
    return await client.createPackage(versionId, declaration, { signal });
  } catch (error) {
    if (!isStowageError(error, 'NOT_UPLOADED')) throw error;
    const packageId =
      declaration.packageId ?? (await findPackageId(client, versionId, declaration, signal));
    if (packageId === undefined) throw error;
    await giveUp(client, versionId, packageId, signal);
    return client.createPackage(versionId, declaration, { signal });
  }
}

/** The id under which the service keeps an upload that was announced by its filename. */
async function findPackageId(
  client: StowageClient,
  versionId: string,
  { filename, ext, size, sha256 }: CreatePackageBody,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const names = [{ filename, ext, size, sha256 }];
  try {
    const [found] = await client.checkNames(versionId, names, { signal });
    return found?.verdict === 'same' ? found.packageId : undefined;
  } catch (error) {
    // A service of a release before 0.2 has no such operation, and an upload grant may not use it.
    if (isStowageError(error, 'NOT_FOUND', 'FORBIDDEN')) return undefined;
    throw error;
  }
}

/** Frees the name of an upload. */
export async function giveUp(
  client: StowageClient,
  versionId: string,
  packageId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await client.abortUpload(versionId, packageId, { signal });
  } catch (refusal) {
    // Another client abandoned or completed it; creating it again shows which.
    if (!isStowageError(refusal, 'NOT_FOUND', 'CONFLICT')) throw refusal;
  }
}
