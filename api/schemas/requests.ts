/** What callers send: one zod schema a body, path or query. Unknown fields are refused everywhere. */
import * as z from 'zod';
import * as fields from './fields.ts';

export const versionPath = z.strictObject({ versionId: fields.versionId });
export const packagePath = z.strictObject({ versionId: fields.versionId, packageId: fields.packageId });
/** `file` is `{packageId}.{ext}`, split at its first dot; what is not formed so names nothing (404), so it is not checked here. */
export const filePath = z.strictObject({ versionId: fields.versionId, file: z.string() });
export const channelPath = z.strictObject({ channel: fields.channelName });
export const channelFilePath = z.strictObject({ channel: fields.channelName, file: z.string() });
export const tokenPath = z.strictObject({ tokenId: fields.tokenId });
export const noPath = z.strictObject({});

export const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^(?:[1-9]\d{0,2}|1000)$/, 'must be a whole number from 1 to 1000')
    .transform(Number)
    .default(100),
  cursor: z.string().min(1).max(1024).optional(),
});
export const noQuery = z.strictObject({});
/** Public paths take whatever a link was decorated with. */
export const anyQuery = z.looseObject({});

export const createPackageBody = z
  .strictObject({
    packageId: fields.packageId.optional(),
    ext: fields.ext.optional(),
    filename: fields.filename.optional(),
    /** Bytes; the most that is allowed is a setting. */
    size: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
    sha256: fields.sha256,
    contentType: fields.contentType.default('application/octet-stream'),
    metadata: fields.metadata.default({}),
    method: z.enum(['single', 'multipart']).optional(),
    partChecksums: z.boolean().default(false),
  })
  .refine((body) => body.ext !== undefined || body.filename !== undefined, {
    path: ['ext'],
    error: 'ext or filename is required',
  });

export const signPartsBody = z.strictObject({
  partNumbers: z.array(z.int().min(1).max(10_000)).min(1).max(100),
  sha256s: z.array(fields.sha256).min(1).max(100).optional(),
});

export const createLinksBody = z.strictObject({ packageIds: z.array(fields.packageId).min(1).max(100) });
export const yankBody = z.strictObject({ reason: z.string().min(1).max(1000).optional() });
export const putChannelBody = z.strictObject({
  versionId: fields.versionId,
  expectedVersionId: fields.versionId.optional(),
});
/** After it, text order would not be time order any more. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export const createTokenBody = z.strictObject({
  name: fields.title,
  scopes: z.array(fields.scope).min(1).max(3),
  versions: fields.versionPattern.optional(),
  expiresAt: z.iso
    .datetime({ offset: true })
    .refine((text) => Date.parse(text) <= LATEST, { error: 'must not be after the year 9999 in UTC' })
    .optional(),
});
/** For operations that take no fields: an empty body or `{}`. */
export const emptyBody = z.strictObject({});

export type CreatePackageBody = z.input<typeof createPackageBody>;
export type SignPartsBody = z.input<typeof signPartsBody>;
export type CreateTokenBody = z.input<typeof createTokenBody>;
