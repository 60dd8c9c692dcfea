/**
 * What callers send: a zod schema for each body, path and query. Unknown fields are refused, except
 * in the queries of public paths.
 */
import * as z from 'zod/mini';
import * as fields from './fields.ts';

export const versionPath = z.strictObject({ versionId: fields.versionId });
export const packagePath = z.strictObject({
  versionId: fields.versionId,
  packageId: fields.packageId,
});
/**
 * `file` is `{packageId}.{ext}`, split at its first dot. It is not checked here, because a name of
 * another form is a file that does not exist (404).
 */
export const filePath = z.strictObject({ versionId: fields.versionId, file: z.string() });
export const channelPath = z.strictObject({ channel: fields.channelName });
export const channelFilePath = z.strictObject({ channel: fields.channelName, file: z.string() });
export const tokenPath = z.strictObject({ tokenId: fields.tokenId });
export const noPath = z.strictObject({});

export const pageQuery = z.strictObject({
  limit: z._default(
    z.pipe(
      z.string().check(z.regex(/^(?:[1-9]\d{0,2}|1000)$/, 'must be a whole number from 1 to 1000')),
      z.transform(Number),
    ),
    100,
  ),
  cursor: z.optional(z.string().check(z.minLength(1), z.maxLength(1024))),
});
/** `keepChildren`: whether the tokens that the token made keep working when it is revoked. */
export const revokeQuery = z.strictObject({
  keepChildren: z._default(
    z.pipe(
      z.enum(['true', 'false']),
      z.transform((text) => text === 'true'),
    ),
    false,
  ),
});
export const noQuery = z.strictObject({});
/** Public paths ignore queries, which other services may have added to a link. */
export const anyQuery = z.looseObject({});

export const createPackageBody = z
  .strictObject({
    packageId: z.optional(fields.packageId),
    ext: z.optional(fields.ext),
    filename: z.optional(fields.filename),
    /** In bytes. A setting limits it further. */
    size: z.int().check(z.minimum(1), z.maximum(Number.MAX_SAFE_INTEGER)),
    sha256: fields.sha256,
    contentType: z._default(fields.contentType, 'application/octet-stream'),
    metadata: z._default(fields.metadata, {}),
    method: z.optional(z.enum(['single', 'multipart'])),
    partChecksums: z._default(z.boolean(), false),
  })
  .check(
    z.refine((body) => body.ext !== undefined || body.filename !== undefined, {
      path: ['ext'],
      error: 'ext or filename is required',
    }),
  );

export const signPartsBody = z.strictObject({
  partNumbers: z
    .array(z.int().check(z.minimum(1), z.maximum(10_000)))
    .check(z.minLength(1), z.maxLength(100)),
  sha256s: z.optional(z.array(fields.sha256).check(z.minLength(1), z.maxLength(100))),
});

export const createLinksBody = z.strictObject({
  packageIds: z.array(fields.packageId).check(z.minLength(1), z.maxLength(100)),
});
export const yankBody = z.strictObject({
  reason: z.optional(z.string().check(z.minLength(1), z.maxLength(1000))),
});
export const putChannelBody = z.strictObject({
  versionId: fields.versionId,
  expectedVersionId: z.optional(fields.versionId),
});
/** Later dates have more digits, and text order would no longer be time order. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export const createTokenBody = z.strictObject({
  name: fields.title,
  scopes: z.array(fields.scope).check(z.minLength(1), z.maxLength(3)),
  versions: z.optional(fields.versionPattern),
  expiresAt: z.optional(
    z.iso.datetime({ offset: true }).check(
      z.refine((text: string) => Date.parse(text) <= LATEST, {
        error: 'must not be after the year 9999 in UTC',
      }),
    ),
  ),
});
/** For operations that take no fields: an empty body or `{}`. */
export const emptyBody = z.strictObject({});

export type CreatePackageBody = z.input<typeof createPackageBody>;
export type SignPartsBody = z.input<typeof signPartsBody>;
export type CreateTokenBody = z.input<typeof createTokenBody>;
