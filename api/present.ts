/** Records as the API shows them, without internal fields (attempts, stores, hashes of secrets). */
import type { ChannelPolicy, CheckResult, CheckRun } from '../core/checked.ts';
import { TOKEN_ID, type VersionId } from '../core/names.ts';
import { stablePath } from '../core/naming/filenames.ts';
import type { Platform } from '../core/platforms.ts';
import type { SignedRequest } from '../core/ports/blob-store.ts';
import type { TokenUses } from '../core/ports/token-uses.ts';
import type {
  ChannelMove,
  ChannelRecord,
  LinkRecord,
  PackageRecord,
  TokenRecord,
  TrustRule,
  VersionRecord,
} from '../core/records.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import type {
  ChannelBody,
  ChannelRecordBody,
  CheckRunBody,
  DigestMatch,
  MovedChannel,
  OwnToken,
  PackageBody,
  PeopleLinkBody,
  PolicyBody,
  RequestBody,
  TokenBody,
  TrustRuleBody,
  VersionBody,
} from './schemas/answers.ts';

/** @param publicUrl where callers reach the service, without a slash at its end */
export function presentPackage(record: PackageRecord, publicUrl: string): PackageBody {
  const { versionId, packageId, ext, key, state, size, filename, contentType } = record;
  const { createdAt, createdBy, publishedAt, yankedAt, yankedBy, yankReason } = record;
  return {
    ...{ versionId, packageId, ext, key, state, size },
    ...withoutUndefined({ sha256: record.sha256 }),
    ...{ filename, contentType },
    url: `${publicUrl}${stablePath(record)}`,
    ...presentPlatform(record),
    metadata: { ...record.metadata },
    createdAt,
    createdBy,
    ...withoutUndefined({ publishedAt, yankedAt, yankedBy, yankReason }),
  };
}

/** A package that has the bytes that were asked for. */
export function presentMatch(record: PackageRecord, publicUrl: string): DigestMatch {
  const { versionId, packageId, filename, state } = record;
  return { versionId, packageId, filename, url: `${publicUrl}${stablePath(record)}`, state };
}

/** Which computers a file is for, where its publisher said so. */
export function presentPlatform({ os, arch, libc, bundle }: Platform): Platform {
  return withoutUndefined({ os, arch, libc, bundle });
}

export function presentVersion(record: VersionRecord): VersionBody {
  const { versionId, createdAt, draft = false, notes, minVersion, sealedAt, sealedBy } = record;
  const more = withoutUndefined({ notes, minVersion, sealedAt, sealedBy });
  return { versionId, createdAt, draft, ...more };
}

/** @param checks none where nothing was checked */
export function presentMovedChannel(
  record: ChannelRecord,
  isSeen: (versionId: VersionId) => boolean,
  checks: readonly CheckResult[] = [],
): MovedChannel {
  return { ...presentChannel(record, isSeen), ...(checks.length > 0 && { checks: [...checks] }) };
}

export function presentCheckRun(run: CheckRun): CheckRunBody {
  const { checkId, versionId, channel, state, passed, checks = [] } = run;
  return {
    ...{ checkId, versionId },
    ...withoutUndefined({ channel }),
    state,
    ...(state === 'done' && { passed: passed === true }),
    checks: [...checks],
  };
}

function presentPolicy({ feedNames, preferExts, ...policy }: ChannelPolicy): PolicyBody {
  return {
    ...policy,
    ...(feedNames !== undefined && { feedNames: [...feedNames] }),
    ...(preferExts !== undefined && { preferExts: [...preferExts] }),
  };
}

/** @param isSeen which versions the caller may see: a rollout of another one is left out */
export function presentChannel(
  { public: isPublic, rollout, ...record }: ChannelRecord,
  isSeen: (versionId: VersionId) => boolean,
): ChannelBody {
  return {
    channel: record.channel,
    versionId: record.versionId,
    updatedAt: record.updatedAt,
    public: isPublic === true,
    ...(rollout !== undefined &&
      isSeen(rollout.versionId) && {
        rollout: { ...rollout, paused: rollout.paused === true },
      }),
  };
}

export function presentChannelRecord(
  record: ChannelRecord,
  moves: readonly ChannelMove[],
  isSeen: (versionId: VersionId) => boolean,
): ChannelRecordBody {
  const { policy } = record;
  return {
    ...presentChannel(record, isSeen),
    ...(policy !== undefined && { policy: presentPolicy(policy) }),
    history: moves.filter(({ versionId }) => isSeen(versionId)),
  };
}

export function presentLinkRecord(record: LinkRecord): PeopleLinkBody {
  const { secretSha256: _, ...shown } = record;
  return shown;
}

/** @param uses undefined where the last use of tokens is not kept */
export function presentToken(
  record: TokenRecord,
  uses?: Awaited<ReturnType<TokenUses['read']>>,
): TokenBody {
  return {
    tokenId: record.tokenId,
    name: record.name,
    scopes: [...record.scopes],
    ...(record.versions !== undefined && { versions: record.versions }),
    ...(record.upload !== undefined && { upload: { ...record.upload } }),
    ...(record.expiresAt !== undefined && { expiresAt: record.expiresAt }),
    createdAt: record.createdAt,
    createdBy: record.createdBy,
    ...parentOf(record),
    ...(uses && {
      usage: {
        since: uses.since,
        ...withoutUndefined({ lastDay: uses.lastDays.get(record.tokenId) }),
      },
    }),
  };
}

export function presentTrustRule({ makers: _, ...rule }: TrustRule): TrustRuleBody {
  const claims = Object.entries(rule.claims).map(([claim, values]) => [
    claim,
    typeof values === 'string' ? values : [...values],
  ]);
  const { pinned, ...shown } = rule;
  return {
    ...shown,
    claims: Object.fromEntries(claims),
    scopes: [...rule.scopes],
    ...(pinned !== undefined && { pinned: { ...pinned } }),
  };
}

/** What a token may learn about itself. */
export function presentOwnToken(record: TokenRecord): OwnToken {
  const { tokenId, name, scopes, versions, createdAt, expiresAt } = record;
  return {
    ...{ tokenId, name, scopes: [...scopes], createdAt },
    ...withoutUndefined({ versions, expiresAt }),
  };
}

/** A token that no token made (the one of the first start) has a maker without a tokenId. */
function parentOf({ makers, createdBy }: TokenRecord): Pick<TokenBody, 'parentId'> {
  const parentId = makers === undefined ? createdBy : makers.at(-1);
  return parentId !== undefined && TOKEN_ID.test(parentId) ? { parentId } : {};
}

export function presentRequest(request: SignedRequest): RequestBody {
  return {
    method: request.method,
    url: request.url,
    headers: { ...request.headers },
    expiresAt: request.expiresAt.toISOString(),
  };
}
