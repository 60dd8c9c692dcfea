/**
 * What the catalog stores: packages, versions, channels, links, tokens, and the audit. No HTTP shapes (those are
 * in api/).
 */
import type { ChannelPolicy, FurtherDigests } from './checked.ts';
import type { Timestamp } from './clock.ts';
import { ServiceError } from './errors.ts';
import type { ChannelName, Ext, PackageId, PackageKey, PackageRef, VersionId } from './names.ts';
import type { Arch, Libc, Os } from './platforms.ts';

/**
 * `pending` -> `available`, or -> `verifying` -> `available` | `rejected`; `available` <->
 * `yanked`; both -> `deleted`.
 */
export type PackageState =
  | 'pending'
  | 'verifying'
  | 'available'
  | 'yanked'
  | 'rejected'
  | 'deleted';

/**
 * How the bytes are uploaded. Recorded when the upload is created, and kept for the whole attempt.
 */
export type UploadPlan =
  | { readonly method: 'single' }
  | {
      readonly method: 'multipart';
      /** Bytes of every part but the last. */
      readonly partSize: number;
      readonly partCount: number;
      /** Every part declares its SHA-256 when it is signed. */
      readonly partChecksums: boolean;
      /** The store's name for the multipart upload. */
      readonly uploadId: string;
    };

/**
 * Which bytes a proof was about. Deletes and reads that name it never touch other bytes under the
 * same key.
 */
export interface BlobVersion {
  /** Opaque, with its quotes, as the store sends it. */
  readonly etag: string;
  /** Set if the store keeps versions. */
  readonly objectVersion?: string;
}

/**
 * Why an upload was rejected; publishers who ask again get it. `NOT_SUPPORTED`: the store will
 * always refuse to join its parts. Each is an `ErrorCode` that earlier releases knew, so that they
 * can read such a record too.
 */
export interface Rejection {
  readonly code: 'INTEGRITY' | 'KEY_OCCUPIED' | 'NOT_SUPPORTED' | 'ALREADY_EXISTS';
  readonly detail: string;
}

/**
 * Says that stored bytes no longer match their record. Downloads are refused until the right bytes
 * are back.
 */
export interface Damage {
  readonly foundAt: Timestamp;
  /** What was expected and what was found, for operators. */
  readonly detail: string;
}

/** Where the bytes were before a migration; the copy there is still whole. */
export interface MovedFrom {
  /** The store's `name`. */
  readonly store: string;
  readonly blob: BlobVersion;
  /**
   * When the record was turned to the other store. Links to the old copy may have been signed until
   * then.
   */
  readonly movedAt: Timestamp;
  /** The copy is about to be removed, so that the record must not be turned back to it. */
  readonly removing?: true;
}

export interface PackageRecord extends PackageRef {
  readonly ext: Ext;
  readonly key: PackageKey;
  readonly state: PackageState;
  /** Bytes, as declared; equal to what is stored if the state is `available`. */
  readonly size: number;
  /**
   * 64 lower-case hex digits, as declared; proven if the state is `available`. Absent only while an
   * upload is pending whose publisher gives it when completing the upload.
   */
  readonly sha256?: string;
  /** Unique within the version, together with the aliases: core/naming/filenames.ts. */
  readonly filename: string;
  /** Of the published bytes; set when a check first needed them. */
  readonly digests?: FurtherDigests;
  /** Set where an earlier release recorded the filename of another package again: the alias alone leads here. */
  readonly filenameTaken?: true;
  readonly contentType: string;
  /** Which computers the file is for. */
  readonly os?: Os;
  readonly arch?: Arch;
  readonly libc?: Libc;
  /** What kind of installer or archive it is: `deb`, `msi`, `appimage`. */
  readonly bundle?: string;
  /** Set where the version was a draft when the upload was created: readers ask whether it was released. */
  readonly draft?: true;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: Timestamp;
  /** tokenId of the publisher. */
  readonly createdBy: string;
  readonly publishedAt?: Timestamp;
  readonly yankedAt?: Timestamp;
  readonly yankedBy?: string;
  readonly yankReason?: string;
  /** The identity of this upload. It is bound in every signed request and stored with the bytes. */
  readonly attemptId: string;
  readonly plan: UploadPlan;
  /** When the upload was last worked on: retention counts from here. */
  readonly touchedAt: Timestamp;
  /** Which store holds the bytes: the store's `name`. */
  readonly store: string;
  /** The proven bytes; set when the package becomes `available`. */
  readonly blob?: BlobVersion;
  /** Set while a copy is kept in the store that the package was migrated from. */
  readonly movedFrom?: MovedFrom;
  readonly rejection?: Rejection;
  /** Set while the bytes in `store` are damaged. */
  readonly damage?: Damage;
  /** Set on a `deleted` record while its bytes may still be stored: the sweep looks at it again. */
  readonly purging?: true;
}

/** The fields of a record that a change may set; `null` removes a field. */
export interface PackageChange {
  readonly state?: PackageState;
  /** Set once, by the completion of an upload that was created without one. */
  readonly sha256?: string;
  readonly touchedAt?: Timestamp;
  readonly publishedAt?: Timestamp;
  readonly yankedAt?: Timestamp | null;
  readonly yankedBy?: string | null;
  readonly yankReason?: string | null;
  readonly blob?: BlobVersion | null;
  readonly rejection?: Rejection | null;
  readonly damage?: Damage | null;
  readonly purging?: true | null;
  readonly store?: string;
  readonly movedFrom?: MovedFrom | null;
  readonly filenameTaken?: true;
  readonly draft?: true;
  readonly digests?: FurtherDigests;
}

export interface VersionRecord {
  readonly versionId: VersionId;
  /** When the first upload for it was created, or the version itself. */
  readonly createdAt: Timestamp;
  /** Readers see nothing of it until it is released. */
  readonly draft?: true;
  /** Markdown, for people. */
  readonly notes?: string;
  /** Clients below this version have to install it first. */
  readonly minVersion?: string;
  /**
   * Set while somebody tries to seal it: when that began, a space, and a random id. Nothing is
   * published meanwhile.
   */
  readonly sealing?: string;
  /** Since then no file is added. */
  readonly sealedAt?: Timestamp;
  /** The job, or the tokenId. */
  readonly sealedBy?: string;
}

/** What is changed of a version; `null` takes a field away. */
export interface VersionChange {
  readonly draft?: true | null;
  readonly notes?: string | null;
  readonly minVersion?: string | null;
  readonly sealing?: string | null;
  readonly sealedAt?: Timestamp;
  readonly sealedBy?: string;
}

/** A version that a channel pointed at. */
export interface ChannelMove {
  readonly versionId: VersionId;
  readonly movedAt: Timestamp;
  /** tokenId; absent for moves before release 0.2. */
  readonly movedBy?: string;
}

/** A version that a share of a channel's clients gets before the others. */
export interface Rollout {
  readonly versionId: VersionId;
  /** 0 to 100. */
  readonly percent: number;
  /** Decides, with a client's id, whether the client is among them. */
  readonly seed: string;
  /** No client gets it for now. */
  readonly paused?: true;
  readonly startedAt: Timestamp;
  /** tokenId */
  readonly startedBy: string;
}

export interface ChannelRecord {
  readonly channel: ChannelName;
  readonly versionId: VersionId;
  readonly updatedAt: Timestamp;
  /** Its downloads need no token. */
  readonly public?: true;
  /** What it asks of the versions that it is pointed at. @default feeds are checked */
  readonly policy?: ChannelPolicy;
  /** The versions it pointed at, the current one first, each once; at most 20. Absent before release 0.2. */
  readonly history?: readonly ChannelMove[];
  readonly rollout?: Rollout;
  /** Versions whose rollout ended, the last first; at most 5. The channel still serves their files. */
  readonly triedVersions?: readonly ChannelMove[];
}

/** A feed that clients of a channel get, and that names a file. */
export interface NamingFeed {
  readonly channel: ChannelName;
  readonly versionId: VersionId;
  readonly filename: string;
}

/** A link that a publisher handed to people. */
export interface LinkRecord {
  /** `[a-z0-9]{16}` */
  readonly linkId: string;
  /** SHA-256 of the secret in its URL, 64 lower-case hex digits. */
  readonly secretSha256: string;
  readonly versionId: VersionId;
  readonly filename: string;
  readonly expiresAt: Timestamp;
  readonly maxDownloads?: number;
  /** Redirects so far, where they are limited. */
  readonly downloads?: number;
  readonly note?: string;
  readonly createdAt: Timestamp;
  /** tokenId; the link ends with this token. */
  readonly createdBy: string;
}

/** `admin` includes `release` includes `publish` includes `read`. */
export type Scope = 'read' | 'publish' | 'release' | 'admin';

export interface TokenRecord {
  /** `[a-z0-9]{8,32}` */
  readonly tokenId: string;
  /** SHA-256 of the secret's text, 64 lower-case hex digits. The secret itself is not stored. */
  readonly secretSha256: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Limits the token to versions that match; `*` is the only wildcard. */
  readonly versions?: string;
  readonly expiresAt?: Timestamp;
  readonly createdAt: Timestamp;
  /** tokenId of the token that made it. */
  readonly createdBy: string;
  /**
   * tokenIds of the tokens above it, the first maker first: revoking one of them revokes this one.
   * Absent on tokens of earlier releases: for those it is `createdBy`, and the makers of that
   * token.
   */
  readonly makers?: readonly string[];
  /**
   * Which job it was made for, in exchange for a token of another issuer; of an upload grant, the
   * tokenId or the job of its maker.
   */
  readonly origin?: string;
  /** Of an upload grant, which has no scope: the one upload that it is for. */
  readonly upload?: UploadGrant;
}

/** How long an expired upload grant stays in lists: pages ask for many. */
export const EXPIRED_GRANT_SECONDS = 86_400;

/** The upload that a grant is for. What is absent is left to its holder. */
export interface UploadGrant {
  readonly versionId: VersionId;
  readonly packageId: PackageId;
  readonly filename?: string;
  readonly ext?: Ext;
  /** Bytes. */
  readonly size?: number;
}

/** What a claim of a token must be: one value, or one of several. `*` matches within a value. */
export type ClaimPattern = string | readonly string[];

/** Which tokens of another issuer may be exchanged for one of this service, and for what. */
export interface TrustRule {
  /** `[a-z0-9]{8,32}` */
  readonly ruleId: string;
  readonly name: string;
  /** Compared with the `iss` of a token, character by character. */
  readonly issuer: string;
  readonly claims: Readonly<Record<string, ClaimPattern>>;
  /** At most `release`. */
  readonly scopes: readonly Scope[];
  /** A pattern, which may hold `{ref_name}` or `{ref_name#v}`. @default all versions */
  readonly versions?: string;
  /** Of the tokens that are made by it. */
  readonly lifetimeSeconds: number;
  /**
   * Ids that the issuer gave to what the claims name, from the first token that matched: someone who
   * takes the name later has other ids.
   */
  readonly pinned?: Readonly<Record<string, string>>;
  /** That of the token that made it: no token makes what lives longer than itself. */
  readonly expiresAt?: Timestamp;
  readonly createdAt: Timestamp;
  /** tokenId */
  readonly createdBy: string;
  /** tokenIds, as of a token: the rule goes when one of these is revoked. */
  readonly makers: readonly string[];
}

/** A change that was made: core/audit/events.ts. */
export interface AuditEvent {
  readonly at: Timestamp;
  /** The job or the tokenId; `stowage` for what the service did itself. */
  readonly who: string;
  readonly action: string;
  readonly versionId?: string;
  readonly packageId?: string;
  readonly channel?: string;
  /** The token that was made or revoked. */
  readonly tokenId?: string;
  readonly requestId: string;
  /** Plain JSON. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** What was noted on one day, and the day before: core/audit/days.ts. */
export interface AuditDay {
  /** `2026-11-28`, in UTC. The first day also covers what was before it. */
  readonly day: string;
  /** Events. */
  readonly count: number;
  /** SHA-256 of the events, newest first: 64 hex digits. */
  readonly events: string;
  /** From when on its events may be gone. */
  readonly until: Timestamp;
  /** `digest` of the day before; empty for the first day. */
  readonly previous: string;
  /** SHA-256 of all of the above. */
  readonly digest: string;
}

/**
 * The record after a change. This is the one place that defines what `null` means, for every
 * catalog.
 */
export function applyChange(record: PackageRecord, change: PackageChange): PackageRecord {
  return merge(record, change);
}

/** The version after a change. */
export function applyVersionChange(record: VersionRecord, change: VersionChange): VersionRecord {
  return merge(record, change);
}

function merge<Rec extends object>(record: Rec, change: object): Rec {
  const merged = Object.entries({ ...record, ...change }).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(merged) as unknown as Rec;
}

/**
 * The SHA-256 of a package that is published, or whose bytes are being proven.
 * @throws INTERNAL for an upload whose publisher has not given it yet
 */
export function digestOf({ filename, sha256 }: Pick<PackageRecord, 'filename' | 'sha256'>): string {
  if (sha256 !== undefined) return sha256;
  throw new ServiceError('INTERNAL', `${filename} has no sha256: its upload was not completed`);
}

/** The blob version of what a store reports about stored bytes. */
export function versionOf({ etag, objectVersion }: BlobVersion): BlobVersion {
  return objectVersion === undefined ? { etag } : { etag, objectVersion };
}

/** The states of a package that was proven once and whose bytes are stored. */
export const PUBLISHED: readonly PackageState[] = ['available', 'yanked'];

/** The states of a package that was published once: it keeps its names. */
export const EVER_PUBLISHED: readonly PackageState[] = [...PUBLISHED, 'deleted'];

/** The states of an upload that may still be published. */
export const UNDER_WAY: readonly PackageState[] = ['pending', 'verifying'];

/**
 * Whether the sweep must look at the record: an unfinished upload, or a delete whose bytes may
 * still be stored.
 */
export function isUnfinished({
  state,
  purging,
}: Pick<PackageRecord, 'state' | 'purging'>): boolean {
  return UNDER_WAY.includes(state) || (state === 'deleted' && purging === true);
}
