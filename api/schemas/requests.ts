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
/** `sha256:` and 64 hex digits, as OCI registries write a digest. */
export const digestPath = z.strictObject({ digest: fields.digest });
/** `file` is a filename or an alias; what is neither names nothing (404), so it is not checked here. */
export const filePath = z.strictObject({ versionId: fields.versionId, file: z.string() });
export const channelPath = z.strictObject({ channel: fields.channelName });
export const channelFilePath = z.strictObject({ channel: fields.channelName, file: z.string() });
export const platformPath = z.strictObject({
  channel: fields.channelName,
  os: z.string(),
  arch: z.string(),
});
/** `target` and `arch` in the words of Tauri or in ours; `currentVersion` is a semantic version. */
export const tauriPath = z.strictObject({
  channel: fields.channelName,
  target: z.string().check(z.meta({ example: 'darwin' })),
  arch: z.string().check(z.meta({ example: 'aarch64' })),
  currentVersion: z.string().check(z.meta({ example: '1.3.0' })),
});
export const squirrelMacPath = z.strictObject({
  channel: fields.channelName,
  arch: z.string().check(z.meta({ example: 'arm64' })),
  currentVersion: z.string().check(z.meta({ example: '1.3.0' })),
});
export const linkPath = z.strictObject({ linkId: fields.tokenId });
/** For public paths: what the link does not know is left alone, and so is everything that updaters add. */
export const linkIdPath = z.strictObject({ linkId: z.string() });
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
/** Events from `from` on, and before `to`. */
export const auditQuery = z.strictObject({
  ...pageQuery.shape,
  from: z.optional(fields.timestamp),
  to: z.optional(fields.timestamp),
  /** A tokenId, or a job. */
  who: z.optional(z.string().check(z.minLength(1), z.maxLength(512))),
  versionId: z.optional(fields.versionId),
});
/** A page of a public list: other parameters of the query are ignored. */
export const publicPageQuery = z.looseObject(pageQuery.shape);
/** Of channels: other parameters of the query are ignored. */
export const channelQuery = z.looseObject({
  /** One of the versions that the channel remembers. @default the one that it points at */
  at: z.optional(fields.versionId),
});
export const platformQuery = z.looseObject({
  ...channelQuery.shape,
  libc: z.optional(z.string()),
  bundle: z.optional(z.string()),
  ext: z.optional(z.string()),
});
/** Other parameters of the query are ignored. */
export const tauriQuery = z.looseObject({
  /** How the app was installed, as Tauri says it. */
  bundle_type: z.optional(z.string().check(z.meta({ example: 'appimage' }))),
});
const flag = z._default(
  z.pipe(
    z.enum(['true', 'false']),
    z.transform((text) => text === 'true'),
  ),
  false,
);
/** Whether the tokens that a token made live on when it is revoked. */
export const revokeQuery = z.strictObject({ keepChildren: flag });
/** Whether what feeds of channels name is deleted, too. */
export const deleteQuery = z.strictObject({ force: flag });
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
    sha256: z.optional(
      fields.sha256.check(
        z.meta({
          description:
            'may be left out with method multipart and partChecksums true: completing the upload gives it',
        }),
      ),
    ),
    /** Left out: that of feeds by their name, else application/octet-stream. */
    contentType: z.optional(fields.contentType),
    os: z.optional(fields.os),
    arch: z.optional(fields.arch),
    libc: z.optional(fields.libc),
    bundle: z.optional(fields.bundle),
    metadata: z._default(fields.metadata, {}),
    method: z.optional(z.enum(['single', 'multipart'])),
    partChecksums: z._default(z.boolean(), false),
  })
  .check(
    z.refine(namesSomething, {
      path: ['filename'],
      error: 'filename, packageId or ext is required',
    }),
    z.refine(({ sha256, partChecksums }) => sha256 !== undefined || partChecksums, {
      path: ['sha256'],
      error: 'where partChecksums is not true, sha256 is required',
    }),
  );

function namesSomething(body: {
  readonly packageId?: unknown;
  readonly ext?: unknown;
  readonly filename?: unknown;
}): boolean {
  return body.ext !== undefined || body.filename !== undefined || body.packageId !== undefined;
}

/** A wish that is wrong gets its verdict: only the form of the list is refused. */
export const checkNamesBody = z.strictObject({
  names: z
    .array(
      z.strictObject({
        packageId: z.optional(z.string().check(z.maxLength(1024))),
        ext: z.optional(z.string().check(z.maxLength(1024))),
        filename: z.optional(z.string().check(z.maxLength(4096))),
        size: z.int().check(z.minimum(1), z.maximum(Number.MAX_SAFE_INTEGER)),
        sha256: z.optional(fields.sha256),
      }),
    )
    .check(z.minLength(1), z.maxLength(500)),
});

const NOTES_MAX_BYTES = 65_536;

export const putVersionBody = z.strictObject({
  draft: z.optional(z.boolean()),
  notes: z.optional(
    z.string().check(
      z.refine((text) => text.isWellFormed(), { error: 'must hold no half characters' }),
      z.refine((text) => new TextEncoder().encode(text).length <= NOTES_MAX_BYTES, {
        error: `must have at most ${NOTES_MAX_BYTES} bytes in UTF-8`,
      }),
      z.meta({ description: 'Markdown; empty text takes the notes away' }),
    ),
  ),
  minVersion: z.optional(z.union([fields.versionId, z.literal('')])),
});

export const sealVersionBody = z.strictObject({
  discardUnfinished: z._default(
    z.boolean().check(
      z.meta({
        description: 'gives up uploads under way; otherwise they stop the seal with 409',
      }),
    ),
    false,
  ),
});

export const createLinkBody = z.strictObject({
  versionId: fields.versionId,
  filename: fields.name,
  expiresAt: z.optional(z.iso.datetime({ offset: true })),
  maxDownloads: z.optional(z.int().check(z.minimum(1), z.maximum(1_000_000))),
  note: z.optional(fields.title),
});

export const signPartsBody = z.strictObject({
  partNumbers: z
    .array(z.int().check(z.minimum(1), z.maximum(10_000)))
    .check(z.minLength(1), z.maxLength(100)),
  sha256s: z.optional(z.array(fields.sha256).check(z.minLength(1), z.maxLength(100))),
});

/** Both for an upload that was created without a sha256, else neither. */
export const completeUploadBody = z
  .strictObject({
    sha256: z.optional(fields.sha256),
    partsSha256: z.optional(
      fields.sha256.check(
        z.meta({
          description: 'SHA-256 over the SHA-256 of every part, 32 bytes each, in their order',
        }),
      ),
    ),
  })
  .check(
    z.refine(({ sha256, partsSha256 }) => (sha256 === undefined) === (partsSha256 === undefined), {
      path: ['partsSha256'],
      error: 'with one of sha256 and partsSha256, the other is required',
    }),
  );

export const createLinksBody = z.strictObject({
  packageIds: z.array(fields.packageId).check(z.minLength(1), z.maxLength(100)),
});
export const deleteVersionBody = z.strictObject({
  force: z._default(
    z.boolean().check(
      z.meta({
        description: 'also what feeds of channels name; otherwise they stop it with 409',
      }),
    ),
    false,
  ),
});
export const yankBody = z.strictObject({
  reason: z.optional(z.string().check(z.minLength(1), z.maxLength(1000))),
});
const skipChecks = z._default(
  z
    .boolean()
    .check(z.meta({ description: 'whatever is wrong with the version; needs scope admin' })),
  false,
);
export const putChannelBody = z.strictObject({
  versionId: fields.versionId,
  expectedVersionId: z.optional(fields.versionId),
  public: z.optional(z.boolean()),
  policy: z.optional(
    fields.policy.check(
      z.meta({
        description:
          'what the channel asks of the versions that it is pointed at; takes the place of all that was set, and needs scope admin',
      }),
    ),
  ),
  skipChecks,
});
export const checkPath = z.strictObject({
  versionId: fields.versionId,
  checkId: z.string().check(z.regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')),
});
export const checkVersionBody = z.strictObject({
  channel: z.optional(
    fields.channelName.check(
      z.meta({
        description:
          'checks by the policy of this channel, and looks at the earlier versions that it serves',
      }),
    ),
  ),
});
export const putRolloutBody = z.strictObject({
  versionId: fields.versionId,
  percent: z
    .number()
    .check(z.minimum(0), z.maximum(100), z.meta({ description: 'of the clients', example: 5 })),
  seed: z.optional(
    z.string().check(
      z.regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 visible ASCII characters'),
      z.meta({
        description:
          'with the same seed, the same clients come first. Left out: as it is, else the versionId',
      }),
    ),
  ),
  paused: z.optional(
    z
      .boolean()
      .check(
        z.meta({ description: 'true: no client gets it for now. Left out: as it is, else false' }),
      ),
  ),
  skipChecks,
});
/** Later dates have more digits, and text order would no longer be time order. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** What an upload grant is for. What is left out is left to its holder. */
const uploadGrant = z.strictObject({
  versionId: fields.versionId,
  packageId: fields.packageId,
  filename: z.optional(fields.filename),
  ext: z.optional(
    fields.ext.check(z.meta({ description: 'left out beside a filename: that of the filename' })),
  ),
  size: z.optional(z.int().check(z.minimum(1), z.maximum(Number.MAX_SAFE_INTEGER))),
});

/** A token with scopes, or with `upload` a grant for one upload, which has none. */
export const createTokenBody = z
  .strictObject({
    name: z.optional(
      fields.title.check(z.meta({ description: 'may be left out with upload alone' })),
    ),
    scopes: z.optional(z.array(fields.scope).check(z.minLength(1), z.maxLength(4))),
    versions: z.optional(fields.versionPattern),
    upload: z.optional(
      uploadGrant.check(
        z.meta({
          description:
            'instead of scopes and versions: the one upload that the token allows, for at most an hour',
        }),
      ),
    ),
    expiresAt: z.optional(
      z.iso.datetime({ offset: true }).check(
        z.refine((text: string) => Date.parse(text) <= LATEST, {
          error: 'must not be after the year 9999 in UTC',
        }),
      ),
    ),
  })
  .check(
    z.refine(({ upload, name }) => upload !== undefined || name !== undefined, {
      path: ['name'],
      error: 'name is required',
    }),
    z.refine(({ upload, scopes }) => upload !== undefined || scopes !== undefined, {
      path: ['scopes'],
      error: 'scopes or upload is required',
    }),
    z.refine(({ upload, scopes }) => upload === undefined || scopes === undefined, {
      path: ['scopes'],
      error: 'must be left out with upload',
    }),
    z.refine(({ upload, versions }) => upload === undefined || versions === undefined, {
      path: ['versions'],
      error: 'must be left out with upload',
    }),
  );
export const trustRulePath = z.strictObject({ ruleId: fields.tokenId });

export const createTrustRuleBody = z.strictObject({
  name: fields.title,
  issuer: z
    .string()
    .check(
      z.maxLength(512),
      z.regex(
        /^https:\/\/[^\s?#@]+$|^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?:\/[^\s?#@]*)?$/,
        'must be the https: URL of an issuer, exactly as the claim iss of its tokens is',
      ),
      z.meta({ example: 'https://token.actions.githubusercontent.com' }),
    ),
  claims: fields.claims,
  scopes: z.array(z.enum(['read', 'publish', 'release'])).check(z.minLength(1), z.maxLength(3)),
  versions: z.optional(
    z
      .string()
      .check(
        z.maxLength(128),
        z.regex(
          /^(?:[A-Za-z0-9._+*-]|\{ref_name(?:#v)?\})+$/,
          'may hold what a versionId holds, * as the only wildcard, and {ref_name} or {ref_name#v}',
        ),
        z.meta({ example: '{ref_name#v}' }),
      ),
  ),
  lifetimeSeconds: z._default(z.int().check(z.minimum(60), z.maximum(3600)), 900),
});

const ID_TOKEN = z.string().check(z.minLength(1), z.maxLength(16_384));
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TOKEN_TYPES = [
  'urn:ietf:params:oauth:token-type:id_token',
  'urn:ietf:params:oauth:token-type:jwt',
] as const;

/** `token` alone, or the fields of RFC 8693. */
export const exchangeTokenBody = z
  .strictObject({
    token: z.optional(ID_TOKEN),
    grant_type: z.optional(z.literal(EXCHANGE)),
    subject_token: z.optional(ID_TOKEN),
    subject_token_type: z.optional(z.enum(TOKEN_TYPES)),
    requested_token_type: z.optional(z.string()),
    audience: z.optional(z.string()),
    resource: z.optional(z.string()),
  })
  .check(
    z.refine(
      ({ token, grant_type, subject_token, subject_token_type }) => {
        const form = [grant_type, subject_token, subject_token_type];
        return token === undefined
          ? !form.includes(undefined)
          : form.every((field) => field === undefined);
      },
      {
        path: ['token'],
        error: 'token is required, or grant_type, subject_token and subject_token_type (RFC 8693)',
      },
    ),
  );

/** For operations that take no fields: an empty body or `{}`. */
export const emptyBody = z.strictObject({});

export type CheckNamesBody = z.input<typeof checkNamesBody>;
export type CreateLinkBody = z.input<typeof createLinkBody>;
export type SealVersionBody = z.input<typeof sealVersionBody>;
export type PutChannelBody = z.input<typeof putChannelBody>;
export type PutVersionBody = z.input<typeof putVersionBody>;
export type CreatePackageBody = z.input<typeof createPackageBody>;
export type CompleteUploadBody = z.input<typeof completeUploadBody>;
export type SignPartsBody = z.input<typeof signPartsBody>;
export type CreateTrustRuleBody = z.input<typeof createTrustRuleBody>;
export type PutRolloutBody = z.input<typeof putRolloutBody>;
export type CreateTokenBody = z.input<typeof createTokenBody>;
