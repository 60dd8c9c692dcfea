/**
 * Object lock: a store refuses to delete an object that it must keep for a time. The refusal looks
 * like a missing permission, so this finds out which of the two it is.
 */
import { ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { S3Bucket } from './bucket/s3-bucket.ts';

/** Statuses with which stores refuse such a delete. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 405, 409, 423]);
const WORDS = /object.?lock|\bWORM\b|retention|legal.?hold/i;

interface Refusal {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** RETAINED if the object's headers or the refusal say that the store keeps it; else undefined. */
export async function explainRetention(
  bucket: S3Bucket,
  key: PackageKey,
  versionId: string | undefined,
  error: unknown,
): Promise<ServiceError | undefined> {
  const refusal = (error instanceof ServiceError ? error.cause : error) as Refusal | undefined;
  if (!REFUSALS.has(refusal?.$metadata?.httpStatusCode ?? 0)) return undefined;
  const kept = await keptUntil(bucket, key, versionId);
  if (kept !== undefined) return retained(`${key} is kept by the store ${kept}`, refusal);
  if (!WORDS.test(`${refusal?.name} ${refusal?.message}`)) return undefined;
  const unknown = 'it does not say for how long: the key may lack s3:GetObjectRetention';
  return retained(`${key} is kept by the store (object lock); ${unknown}`, refusal);
}

function retained(message: string, cause: unknown): ServiceError {
  const later =
    'downloads have ended and the name stays taken; the sweep removes the bytes when the store lets it';
  return new ServiceError('RETAINED', `${message}; ${later}`, { cause });
}

async function keptUntil(
  bucket: S3Bucket,
  key: PackageKey,
  versionId: string | undefined,
): Promise<string | undefined> {
  const version = versionId === undefined ? {} : { VersionId: versionId };
  const input = { ...bucket.object(key), ...version };
  // If this fails, the refusal of the delete is reported instead.
  const head = await bucket.client.request('HeadObject', input).catch(() => undefined);
  const {
    ObjectLockMode: mode,
    ObjectLockRetainUntilDate: until,
    ObjectLockLegalHoldStatus: hold,
  } = head ?? {};
  if (hold === 'ON') return 'until its legal hold is taken away (object lock)';
  return until === undefined
    ? undefined
    : `until ${until.toISOString()} (object lock, mode ${mode})`;
}
