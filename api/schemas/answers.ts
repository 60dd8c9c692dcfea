/**
 * What the service answers: a zod schema for each shape. The OpenAPI document and the client's
 * types are made from them.
 */
import * as z from 'zod/mini';
import * as fields from './fields.ts';
import { ERROR_CODES } from './problems.ts';

const packageState = z.enum(['pending', 'verifying', 'available', 'yanked', 'rejected', 'deleted']);

const platform = {
  os: z.optional(fields.os),
  arch: z.optional(fields.arch),
  libc: z.optional(fields.libc),
  bundle: z.optional(z.string()),
};

export const packageBody = z
  .strictObject({
    versionId: z.string(),
    packageId: z.string(),
    ext: z.string(),
    key: z.string().check(z.meta({ example: 'packages/1.4.0/linux-x64.tar.gz' })),
    state: packageState,
    size: z.int().check(z.meta({ description: 'in bytes' })),
    sha256: z.optional(
      fields.sha256.check(
        z.meta({
          description: 'absent only while an upload is pending that was created without one',
        }),
      ),
    ),
    filename: z.string(),
    contentType: z.string(),
    url: z.string().check(z.meta({ description: 'the stable link, by filename' })),
    ...platform,
    metadata: z.record(z.string(), z.string()),
    createdAt: fields.timestamp,
    createdBy: z.string().check(
      z.meta({
        description:
          'the tokenId of its creator, or the job whose token was exchanged: oidc:github:acme/tool@commit run 123',
      }),
    ),
    publishedAt: z.optional(fields.timestamp),
    yankedAt: z.optional(fields.timestamp),
    yankedBy: z.optional(z.string()),
    yankReason: z.optional(z.string()),
  })
  .check(z.meta({ id: 'Package' }));

export const versionBody = z
  .strictObject({
    versionId: z.string(),
    createdAt: fields.timestamp,
    draft: z.boolean().check(z.meta({ description: 'readers see nothing of it' })),
    notes: z.optional(z.string()),
    minVersion: z.optional(z.string()),
    sealedAt: z.optional(
      fields.timestamp.check(z.meta({ description: 'since then no file can be added' })),
    ),
    sealedBy: z.optional(
      z.string().check(z.meta({ description: 'a tokenId, or a job, as createdBy of packages' })),
    ),
  })
  .check(z.meta({ id: 'Version' }));
export const versionAnswer = z.strictObject({ version: versionBody });

const requestBody = z
  .strictObject({
    method: z.enum(['GET', 'HEAD', 'PUT']),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    expiresAt: fields.timestamp,
  })
  .check(
    z.meta({
      id: 'Request',
      description:
        'Send it exactly as issued. Your HTTP client adds Host and the signed Content-Length.',
    }),
  );

const signedPart = z
  .strictObject({ partNumber: z.int(), size: z.int(), request: requestBody })
  .check(z.meta({ id: 'SignedPart' }));

const uploadBody = z
  .discriminatedUnion('method', [
    z.strictObject({
      method: z.literal('single'),
      request: requestBody,
      expiresAt: fields.timestamp.check(z.meta({ description: 'when an idle upload is removed' })),
    }),
    z.strictObject({
      method: z.literal('multipart'),
      partSize: z.int(),
      partCount: z.int(),
      parts: z
        .array(signedPart)
        .check(z.meta({ description: 'the first 100, or none if parts declare their SHA-256' })),
      expiresAt: fields.timestamp.check(z.meta({ description: 'when an idle upload is removed' })),
    }),
  ])
  .check(z.meta({ id: 'Upload' }));

export const createdPackage = z.strictObject({
  package: packageBody,
  upload: z.optional(uploadBody),
});
export const packageAnswer = z.strictObject({ package: packageBody });
const namingFeed = z
  .strictObject({ channel: z.string(), versionId: z.string(), filename: z.string() })
  .check(z.meta({ id: 'NamingFeed' }));
const namingFeeds = z.optional(
  z.array(namingFeed).check(
    z.meta({
      description:
        'the feeds of channels that name what is no longer served; absent where there are none, and where they could not be read',
    }),
  ),
);
export const yankedPackage = z.strictObject({ package: packageBody, feeds: namingFeeds });
export const signedParts = z.strictObject({ parts: z.array(signedPart) });
export const uploadStatus = z
  .strictObject({
    state: packageState,
    method: z.enum(['single', 'multipart']),
    partSize: z.optional(z.int()),
    partCount: z.optional(z.int()),
    parts: z.optional(
      z.array(
        z.strictObject({
          partNumber: z.int(),
          size: z.int(),
          sha256: z.optional(
            fields.sha256.check(
              z.meta({ description: 'of a part that declared it, while the upload is pending' }),
            ),
          ),
        }),
      ),
    ),
    expiresAt: fields.timestamp,
  })
  .check(z.meta({ id: 'UploadStatus' }));

export const linkBody = z
  .strictObject({
    url: z.string(),
    expiresAt: fields.timestamp,
    size: z.int(),
    sha256: fields.sha256,
    filename: z.string(),
    contentType: z.string(),
  })
  .check(z.meta({ id: 'Link' }));

export const linksAnswer = z.strictObject({
  items: z.array(
    z.union([
      z.strictObject({ ...linkBody.shape, packageId: z.string() }),
      z.strictObject({ packageId: z.string(), code: z.enum(['NOT_FOUND', 'YANKED', 'INTEGRITY']) }),
    ]),
  ),
});

const channelPointer = {
  channel: z.string(),
  versionId: z.string(),
  updatedAt: fields.timestamp,
};
const rollout = z
  .strictObject({
    versionId: z.string(),
    percent: z.number().check(z.meta({ description: 'of the clients, 0 to 100' })),
    seed: z.string(),
    paused: z.boolean().check(z.meta({ description: 'true: no client gets it for now' })),
    startedAt: fields.timestamp,
    startedBy: z.string().check(z.meta({ description: 'tokenId' })),
  })
  .check(z.meta({ id: 'Rollout' }));
export const channelBody = z
  .strictObject({
    ...channelPointer,
    public: z.boolean(),
    rollout: z.optional(rollout),
  })
  .check(z.meta({ id: 'Channel' }));
/** As requests have it, with exts as text. */
const policy = z.strictObject({
  ...fields.policy.shape,
  preferExts: z.optional(z.array(z.string())),
});
const checkResult = z.strictObject({
  check: z.string().check(z.meta({ example: 'electron' })),
  filename: z.optional(z.string()),
  line: z.optional(z.int()),
  verdict: z.enum(['passed', 'failed', 'skipped']),
  detail: z.string(),
  contradicts: z.optional(
    z
      .boolean()
      .check(
        z.meta({ description: 'the file says of another one what is not so: clients fail on it' }),
      ),
  ),
});
export const checkRun = z.strictObject({
  checkId: z.string(),
  versionId: z.string(),
  channel: z.optional(z.string()),
  state: z.enum(['running', 'done', 'outdated']).check(
    z.meta({
      description:
        'outdated: the files, or what the channel asks, changed while they were waiting; start the checks again',
    }),
  ),
  passed: z.optional(z.boolean().check(z.meta({ description: 'absent until they are done' }))),
  checks: z.array(checkResult),
});
export const movedChannel = z.strictObject({
  ...channelBody.shape,
  checks: z.optional(
    z.array(checkResult).check(z.meta({ description: 'absent where nothing was checked' })),
  ),
});
export const channelRecord = z.strictObject({
  ...channelBody.shape,
  policy: z.optional(policy),
  history: z.array(
    z.strictObject({
      versionId: z.string(),
      movedAt: fields.timestamp,
      movedBy: z.optional(z.string().check(z.meta({ description: 'tokenId' }))),
    }),
  ),
});
export const channelAnswer = z.strictObject({
  ...channelPointer,
  packages: z.array(
    z.strictObject({
      packageId: z.string(),
      ext: z.string(),
      size: z.int(),
      sha256: fields.sha256,
      filename: z.string(),
      url: z.string().check(z.meta({ description: 'the stable link' })),
      ...platform,
    }),
  ),
});

const update = {
  notes: z.optional(z.string().check(z.meta({ description: 'of the version, in Markdown' }))),
  pub_date: z
    .string()
    .check(z.meta({ description: 'RFC 3339, in UTC', example: '2026-11-28T10:00:00Z' })),
};
const updateUrl = z.string().check(
  z.meta({
    description:
      'below the channel, at the version of the file: the same bytes as long as it is remembered',
    example: 'https://releases.example.com/channels/stable/App.zip?at=1.4.0',
  }),
);
export const tauriUpdate = z
  .strictObject({
    version: z.string(),
    url: updateUrl,
    signature: z.string().check(z.meta({ description: 'the content of the .sig file' })),
    ...update,
  })
  .check(z.meta({ id: 'TauriUpdate' }));
export const squirrelMacUpdate = z
  .strictObject({ url: updateUrl, name: z.string(), ...update })
  .check(z.meta({ id: 'SquirrelMacUpdate' }));

export const publicVersions = z.strictObject({
  items: z.array(
    z.strictObject({
      versionId: z.string(),
      createdAt: fields.timestamp,
      sealed: z.boolean(),
      url: z.string(),
    }),
  ),
  nextCursor: z.optional(z.string()),
});
export const publicVersion = z.strictObject({
  versionId: z.string(),
  createdAt: fields.timestamp,
  sealed: z.boolean(),
  notes: z.optional(z.string()),
  packages: z.array(
    z.strictObject({
      filename: z.string(),
      packageId: z.string(),
      ext: z.string(),
      size: z.int(),
      sha256: fields.sha256,
      contentType: z.string(),
      ...platform,
      url: z.string(),
      publishedAt: z.optional(fields.timestamp),
    }),
  ),
  nextCursor: z.optional(z.string()),
});
export const publicIndex = z.strictObject({
  channels: z.array(
    z.strictObject({
      channel: z.string(),
      versionId: z.string(),
      updatedAt: fields.timestamp,
      url: z.string(),
    }),
  ),
  /** The newest first. */
  versions: z.array(
    z.strictObject({ versionId: z.string(), createdAt: fields.timestamp, url: z.string() }),
  ),
  /** Whether a token would show more. */
  needsToken: z.boolean(),
  versionsUrl: z.string(),
  feedUrl: z.string(),
});
export const checkedNames = z.strictObject({
  names: z.array(
    z.strictObject({
      verdict: z.enum(['free', 'same', 'taken', 'invalid']),
      packageId: z.optional(z.string()),
      ext: z.optional(z.string()),
      filename: z.optional(z.string()),
      detail: z.optional(z.string()),
      code: z.optional(
        z
          .literal('SEALED')
          .check(z.meta({ description: 'it is taken because the version is sealed' })),
      ),
    }),
  ),
});
const progress = {
  changed: z.int().check(z.meta({ description: 'packages changed by this request' })),
  isWhole: z.boolean().check(z.meta({ description: 'false: send the request again to go on' })),
};
export const versionProgress = z.strictObject(progress);
export const yankedVersion = z.strictObject({ ...progress, feeds: namingFeeds });
const linkRecord = z
  .strictObject({
    linkId: z.string(),
    versionId: z.string(),
    filename: z.string(),
    expiresAt: fields.timestamp,
    maxDownloads: z.optional(z.int()),
    downloads: z.optional(z.int()),
    note: z.optional(z.string()),
    createdAt: fields.timestamp,
    createdBy: z.string(),
  })
  .check(z.meta({ id: 'PeopleLink' }));
export const createdLink = z.strictObject({
  linkId: z.string(),
  url: z.string().check(z.meta({ description: 'holds a secret, shown this once' })),
  expiresAt: fields.timestamp,
});

const tokenBody = z
  .strictObject({
    tokenId: fields.tokenId,
    name: z.string(),
    scopes: z.array(fields.scope),
    versions: z.optional(z.string()),
    upload: z.optional(
      z
        .strictObject({
          versionId: z.string(),
          packageId: z.string(),
          filename: z.optional(z.string()),
          ext: z.optional(z.string()),
          size: z.optional(z.int()),
        })
        .check(
          z.meta({ description: 'the upload that a grant is for; a grant has an empty scopes' }),
        ),
    ),
    expiresAt: z.optional(fields.timestamp),
    createdAt: fields.timestamp,
    createdBy: z.string().check(z.meta({ description: 'the tokenId of its maker' })),
    parentId: z.optional(
      fields.tokenId.check(
        z.meta({
          description: 'the nearest token above it that still exists; it is revoked with that one',
        }),
      ),
    ),
    usage: z.optional(
      z
        .strictObject({
          since: z.string().check(z.meta({ description: 'the day from which on uses are noted' })),
          lastDay: z.optional(
            z.string().check(z.meta({ description: 'in UTC; absent if it was not used since' })),
          ),
        })
        .check(
          z.meta({
            description: 'its last use, in lists; absent where that is not kept (DynamoDB)',
          }),
        ),
    ),
  })
  .check(z.meta({ id: 'Token' }));
export const ownToken = z
  .strictObject({
    tokenId: fields.tokenId,
    name: z.string(),
    scopes: z.array(fields.scope),
    versions: z.optional(z.string()),
    createdAt: fields.timestamp,
    expiresAt: z.optional(fields.timestamp),
  })
  .check(z.meta({ id: 'OwnToken' }));
export const storageState = z
  .strictObject({
    packages: z.int().check(z.meta({ description: 'available and yanked' })),
    bytes: z.int(),
    pendingBytes: z.int().check(z.meta({ description: 'announced and not published yet' })),
    freeBytes: z.optional(
      z
        .int()
        .check(
          z.meta({ description: 'what uploads may still take on the disk; absent with a bucket' }),
        ),
    ),
  })
  .check(z.meta({ id: 'StorageState' }));
export const createdToken = z.strictObject({
  ...tokenBody.shape,
  token: z.string().check(z.meta({ description: 'shown in this answer only' })),
});

export const trustRule = z
  .strictObject({
    ruleId: fields.tokenId,
    name: z.string(),
    issuer: z.string(),
    claims: fields.claims,
    scopes: z.array(fields.scope),
    versions: z.optional(z.string()),
    lifetimeSeconds: z.int(),
    pinned: z.optional(
      z.record(z.string(), z.string()).check(
        z.meta({
          description:
            'ids of what the claims name, from the first token that matched; others are refused since',
        }),
      ),
    ),
    expiresAt: z.optional(
      fields.timestamp.check(z.meta({ description: 'when the token expires that made it' })),
    ),
    createdAt: fields.timestamp,
    createdBy: z.string().check(z.meta({ description: 'the tokenId of its maker' })),
  })
  .check(z.meta({ id: 'TrustRule' }));
const auditEvent = z
  .strictObject({
    at: fields.timestamp,
    who: z.string().check(
      z.meta({
        description: 'the job or the tokenId; stowage for what the service did itself',
      }),
    ),
    action: z.string().check(z.meta({ example: 'publishPackage' })),
    versionId: z.optional(z.string()),
    packageId: z.optional(z.string()),
    channel: z.optional(z.string()),
    tokenId: z.optional(
      fields.tokenId.check(z.meta({ description: 'the token that was made or revoked' })),
    ),
    requestId: z.string(),
    detail: z.optional(z.record(z.string(), z.unknown())),
  })
  .check(z.meta({ id: 'AuditEvent' }));
const auditDay = z
  .strictObject({
    day: z.string().check(z.meta({ example: '2026-11-28', description: 'in UTC' })),
    count: z.int(),
    events: z.string(),
    until: fields.timestamp,
    previous: z.string(),
    digest: z.string(),
  })
  .check(
    z.meta({
      id: 'AuditDay',
      description:
        'events: SHA-256 of the events of the day, newest first; until: from when on these may be gone; previous: digest of the day before, empty for the first day; digest: SHA-256 of all of these',
    }),
  );
export const trustAudience = z.strictObject({ audience: z.string() });
export const exchangedToken = z
  .strictObject({
    token: z.string().check(z.meta({ description: 'shown in this answer only' })),
    tokenId: fields.tokenId,
    expiresAt: fields.timestamp,
    scopes: z.array(fields.scope),
    versions: z.optional(z.string()),
    access_token: z.string().check(z.meta({ description: 'token, under its name in RFC 8693' })),
    issued_token_type: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().check(z.meta({ description: 'in seconds' })),
  })
  .check(z.meta({ id: 'ExchangedToken' }));

export const releaseKeys = z.strictObject({
  keys: z.array(
    z.strictObject({
      keyId: z.string().check(z.meta({ description: 'SHA-256 of the public key in DER, in hex' })),
      publicKey: z.string().check(z.meta({ description: 'PEM: ECDSA, P-256' })),
      createdAt: fields.timestamp,
      signs: z
        .boolean()
        .check(z.meta({ description: 'whether new statements are signed with it' })),
    }),
  ),
});
export const health = z.strictObject({ status: z.literal('ok'), version: z.string() });

export const readiness = z.strictObject({ status: z.literal('ok') });

export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().check(z.meta({ description: 'the request id' })),
    code: z.enum(ERROR_CODES as [string, ...string[]]),
    checks: z.optional(
      z.array(checkResult).check(z.meta({ description: 'with CHECKS_FAILED: what was found' })),
    ),
    checkId: z.optional(
      z.string().check(z.meta({ description: 'with CHECKS_FAILED and CHECKS_PENDING' })),
    ),
    feeds: z.optional(
      z.array(namingFeed).check(z.meta({ description: 'with IN_USE: the feeds that name it' })),
    ),
  })
  .check(z.meta({ id: 'Problem' }));

function pageOf<Item extends z.ZodMiniType>(item: Item) {
  return z.strictObject({ items: z.array(item), nextCursor: z.optional(z.string()) });
}
export const packagePage = pageOf(packageBody);
export const digestPage = pageOf(
  z.strictObject({
    versionId: z.string(),
    packageId: z.string(),
    filename: z.string(),
    url: z.string().check(z.meta({ description: 'the stable link' })),
    state: packageState,
  }),
);
export const versionPage = pageOf(versionBody);
export const channelPage = pageOf(channelBody);
export const tokenPage = pageOf(tokenBody);
export const trustRulePage = pageOf(trustRule);
export const linkPage = pageOf(linkRecord);
export const auditPage = pageOf(auditEvent);
export const auditDayPage = pageOf(auditDay);

export type PackageBody = z.infer<typeof packageBody>;
export type DigestMatch = z.infer<typeof digestPage>['items'][number];
export type VersionBody = z.infer<typeof versionBody>;
export type RequestBody = z.infer<typeof requestBody>;
export type SignedPartBody = z.infer<typeof signedPart>;
export type UploadBody = z.infer<typeof uploadBody>;
export type UploadStatus = z.infer<typeof uploadStatus>;
export type CreatedPackage = z.infer<typeof createdPackage>;
export type LinkBody = z.infer<typeof linkBody>;
export type LinksAnswer = z.infer<typeof linksAnswer>;
export type ChannelBody = z.infer<typeof channelBody>;
export type PolicyBody = z.infer<typeof policy>;
export type CheckRunBody = z.infer<typeof checkRun>;
export type MovedChannel = z.infer<typeof movedChannel>;
export type ChannelAnswer = z.infer<typeof channelAnswer>;
export type ChannelRecordBody = z.infer<typeof channelRecord>;
export type TauriUpdate = z.infer<typeof tauriUpdate>;
export type SquirrelMacUpdate = z.infer<typeof squirrelMacUpdate>;
export type PublicVersions = z.infer<typeof publicVersions>;
export type PublicVersion = z.infer<typeof publicVersion>;
export type CheckedNames = z.infer<typeof checkedNames>;
export type NamingFeedBody = z.infer<typeof namingFeed>;
export type YankedVersionBody = z.infer<typeof yankedVersion>;
export type YankedPackageBody = z.infer<typeof yankedPackage>;
export type CreatedLink = z.infer<typeof createdLink>;
export type PeopleLinkBody = z.infer<typeof linkRecord>;
export type ReleaseKeys = z.infer<typeof releaseKeys>;
export type TokenBody = z.infer<typeof tokenBody>;
export type AuditEventBody = z.infer<typeof auditEvent>;
export type AuditDayBody = z.infer<typeof auditDay>;
export type TrustRuleBody = z.infer<typeof trustRule>;
export type ExchangedToken = z.infer<typeof exchangedToken>;
export type StorageStateBody = z.infer<typeof storageState>;
export type OwnToken = z.infer<typeof ownToken>;
export type CreatedToken = z.infer<typeof createdToken>;
