/**
 * Turns records into items, and back. Only this service writes the table, so an item of another
 * form is damaged, and reading it is an error.
 */

import type { CheckRun } from '../../core/checked.ts';
import type { Timestamp } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';
import { TABLE } from '../../core/layout.ts';
import type { AuditDay, AuditEvent } from '../../core/records.ts';
import {
  type ChannelRecord,
  EXPIRED_GRANT_SECONDS,
  isUnfinished,
  type LinkRecord,
  type PackageRecord,
  type PackageState,
  type TokenRecord,
  type TrustRule,
  type VersionRecord,
} from '../../core/records.ts';
import { attributeOf, type Fields, fieldOf, type Item, isOptional } from './fields.ts';
import {
  auditDayPlace,
  channelPlace,
  checkPlace,
  linkPlace,
  type Place,
  packagePlace,
  sweepPartition,
  tokenPlace,
  trustPlace,
  usedPlace,
  versionPlace,
} from './table.ts';

/** As it is in the table, where `sha256` is never absent: see NO_DIGEST. */
type StoredPackage = PackageRecord & { readonly sha256: string };

export const PACKAGE_FIELDS: Fields<StoredPackage> = {
  versionId: 'text',
  packageId: 'text',
  ext: 'text',
  key: 'text',
  state: 'text',
  size: 'number',
  sha256: 'text',
  filename: 'words',
  digests: 'object?',
  filenameTaken: 'flag?',
  os: 'text?',
  arch: 'text?',
  libc: 'text?',
  bundle: 'text?',
  draft: 'flag?',
  contentType: 'words',
  metadata: 'object',
  createdAt: 'text',
  createdBy: 'text',
  publishedAt: 'text?',
  yankedAt: 'text?',
  yankedBy: 'text?',
  yankReason: 'words?',
  attemptId: 'text',
  plan: 'object',
  touchedAt: 'text',
  store: 'text',
  blob: 'object?',
  movedFrom: 'object?',
  rejection: 'object?',
  damage: 'object?',
  purging: 'flag?',
};

export const VERSION_FIELDS: Fields<VersionRecord> = {
  versionId: 'text',
  createdAt: 'text',
  draft: 'flag?',
  notes: 'words?',
  minVersion: 'text?',
  sealing: 'text?',
  sealedAt: 'text?',
  sealedBy: 'words?',
};

const CHANNEL_FIELDS: Fields<ChannelRecord> = {
  channel: 'text',
  versionId: 'text',
  updatedAt: 'text',
  public: 'flag?',
  history: 'list?',
  rollout: 'object?',
  triedVersions: 'list?',
  policy: 'object?',
};

const CHECK_RUN_FIELDS: Fields<CheckRun> = {
  checkId: 'text',
  versionId: 'text',
  channel: 'text?',
  policy: 'object',
  state: 'text',
  startedAt: 'text',
  endedAt: 'text?',
  passed: 'flag?',
  checks: 'list?',
  earlier: 'object?',
};

const LINK_FIELDS: Fields<LinkRecord> = {
  linkId: 'text',
  secretSha256: 'text',
  versionId: 'text',
  filename: 'words',
  expiresAt: 'text',
  maxDownloads: 'number?',
  downloads: 'number?',
  note: 'words?',
  createdAt: 'text',
  createdBy: 'text',
};

export const TOKEN_FIELDS: Fields<TokenRecord> = {
  tokenId: 'text',
  secretSha256: 'text',
  name: 'words',
  scopes: 'list',
  versions: 'text?',
  expiresAt: 'text?',
  createdAt: 'text',
  createdBy: 'text',
  makers: 'list?',
  origin: 'words?',
  upload: 'object?',
};

export const TRUST_FIELDS: Fields<TrustRule> = {
  ruleId: 'text',
  name: 'words',
  issuer: 'words',
  claims: 'object',
  scopes: 'list',
  versions: 'text?',
  lifetimeSeconds: 'number',
  pinned: 'object?',
  expiresAt: 'text?',
  createdAt: 'text',
  createdBy: 'text',
  makers: 'list',
};

const AUDIT_FIELDS: Fields<AuditEvent> = {
  at: 'text',
  who: 'words',
  action: 'text',
  versionId: 'text?',
  packageId: 'text?',
  channel: 'text?',
  tokenId: 'text?',
  requestId: 'text',
  detail: 'object?',
};

const AUDIT_DAY_FIELDS: Fields<AuditDay> = {
  day: 'text',
  count: 'number',
  events: 'text',
  until: 'text',
  previous: 'words',
  digest: 'text',
};

const STATES: Readonly<Record<PackageState, true>> = {
  pending: true,
  verifying: true,
  available: true,
  yanked: true,
  rejected: true,
  deleted: true,
};

/** An item with its keys, ready to be put. */
export type PlacedItem = Item & { readonly pk: { S: string }; readonly sk: { S: string } };

/**
 * In the place of a digest that is not known yet. Releases before 0.2 can't read a package without
 * the attribute; with this one their sweep goes on, and nothing that they prove is equal to it.
 */
const NO_DIGEST = '';

export function packageItem(record: PackageRecord): PlacedItem {
  const { sha256 = NO_DIGEST } = record;
  const item = itemOf(packagePlace(record), PACKAGE_FIELDS, { ...record, sha256 });
  return isUnfinished(record) ? { ...item, sweep: { S: sweepPartition(record) } } : item;
}

export function versionItem(record: VersionRecord): PlacedItem {
  return {
    ...itemOf(versionPlace(record.versionId), VERSION_FIELDS, record),
    newest: { S: newestPosition(record) },
    [CLAIMED]: { S: 'true' },
  };
}

/**
 * Marks a version whose packages all hold claims on their names. Versions of releases before 0.2
 * get it when they are upgraded: claims.ts.
 */
export const CLAIMED = 'claimed';

/** Timestamps all have the same length, so the order of the texts is the order of the times. */
function newestPosition(record: VersionRecord): string {
  return `${record.createdAt} ${record.versionId}`;
}

/** The reverse of `newestPosition`. */
export function versionOfPosition(position: string): {
  readonly createdAt: Timestamp;
  readonly versionId: string;
} {
  const [createdAt = '', versionId = ''] = position.split(' ');
  return { createdAt, versionId };
}

export function channelItem(record: ChannelRecord): PlacedItem {
  return itemOf(channelPlace(record.channel), CHANNEL_FIELDS, record);
}

export function checkRunItem(run: CheckRun): PlacedItem {
  return itemOf(checkPlace(run.checkId), CHECK_RUN_FIELDS, run);
}

export function linkItem(record: LinkRecord): PlacedItem {
  const item = itemOf(linkPlace(record.linkId), LINK_FIELDS, record);
  return { ...item, ...removedAfter(record.expiresAt) };
}

/** An expired token or link stays in lists for so long, so that people can see which one it was. */
const EXPIRED_SECONDS = 30 * 86_400;

export function tokenItem(record: TokenRecord): PlacedItem {
  const item = itemOf(tokenPlace(record.tokenId), TOKEN_FIELDS, record);
  const { expiresAt, upload } = record;
  if (expiresAt === undefined) return item;
  const seconds = upload === undefined ? EXPIRED_SECONDS : EXPIRED_GRANT_SECONDS;
  return { ...item, ...removedAfter(expiresAt, seconds) };
}

export function trustItem(rule: TrustRule): PlacedItem {
  return itemOf(trustPlace(rule.ruleId), TRUST_FIELDS, rule);
}

/** DynamoDB removes it when it is no longer needed. */
export function usedItem(key: string, until: Timestamp): PlacedItem {
  const { pk, sk } = usedPlace(key);
  return { pk: { S: pk }, sk: { S: sk }, ...removedAfter(until, 0) };
}

/** Days are written a while after their end, so an event is kept for some days more than asked. */
const SPARE_SECONDS = 3 * 86_400;

export function auditItem(place: Place, event: AuditEvent, retentionDays: number): PlacedItem {
  const item = itemOf(place, AUDIT_FIELDS, event);
  return { ...item, ...removedAfter(event.at, retentionDays * 86_400 + SPARE_SECONDS) };
}

export function auditDayItem(day: AuditDay): PlacedItem {
  return itemOf(auditDayPlace(day.day), AUDIT_DAY_FIELDS, day);
}

/** When DynamoDB removes the item. */
function removedAfter(expiresAt: Timestamp, seconds = EXPIRED_SECONDS): Item {
  const removedAt = Math.floor(Date.parse(expiresAt) / 1000) + seconds;
  return { [TABLE.expiryAttribute]: { N: String(removedAt) } };
}

/** @throws INTERNAL */
export function readPackage(item: Item): PackageRecord {
  const record = readRecord('package', PACKAGE_FIELDS, item);
  if (!Object.hasOwn(STATES, record.state))
    throw broken('package', item, `there is no state ${record.state}`);
  if (record.plan.method !== 'single' && record.plan.method !== 'multipart') {
    throw broken('package', item, 'its plan has no method');
  }
  if (record.sha256 !== NO_DIGEST) return record;
  const { sha256: _, ...withoutDigest } = record;
  return withoutDigest;
}

/** @throws INTERNAL */
export function readVersion(item: Item): VersionRecord {
  return readRecord('version', VERSION_FIELDS, item);
}

/** @throws INTERNAL */
export function readChannel(item: Item): ChannelRecord {
  return readRecord('channel', CHANNEL_FIELDS, item);
}

/** @throws INTERNAL */
export function readCheckRun(item: Item): CheckRun {
  return readRecord('check run', CHECK_RUN_FIELDS, item);
}

/** @throws INTERNAL */
export function readAuditEvent(item: Item): AuditEvent {
  return readRecord('event', AUDIT_FIELDS, item);
}

/** @throws INTERNAL */
export function readAuditDay(item: Item): AuditDay {
  return readRecord('digest of a day', AUDIT_DAY_FIELDS, item);
}

/** @throws INTERNAL */
export function readLink(item: Item): LinkRecord {
  return readRecord('link', LINK_FIELDS, item);
}

/** @throws INTERNAL */
export function readToken(item: Item): TokenRecord {
  return readRecord('token', TOKEN_FIELDS, item);
}

/** @throws INTERNAL */
export function readTrustRule(item: Item): TrustRule {
  return readRecord('trust rule', TRUST_FIELDS, item);
}

function itemOf<Rec extends object>(place: Place, fields: Fields<Rec>, record: Rec): PlacedItem {
  const attributes = namesOf(fields)
    .filter((name) => record[name] !== undefined)
    .map((name) => [name, attributeOf(fields[name], record[name])]);
  return { ...Object.fromEntries(attributes), pk: { S: place.pk }, sk: { S: place.sk } };
}

function readRecord<Rec>(what: string, fields: Fields<Rec>, item: Item): Rec {
  const record: Partial<Rec> = {};
  for (const name of namesOf(fields)) {
    const kind = fields[name];
    const attribute = item[name];
    if (attribute === undefined && isOptional(kind)) continue;
    const value = attribute && fieldOf(kind, attribute);
    if (value === undefined) {
      throw broken(
        what,
        item,
        `${name} must be ${kind}, got ${attribute === undefined ? 'nothing' : 'something else'}`,
      );
    }
    record[name] = value as Rec[typeof name];
  }
  return record as Rec;
}

function namesOf<Rec>(fields: Fields<Rec>): readonly (keyof Rec & string)[] {
  return Object.keys(fields) as (keyof Rec & string)[];
}

function broken(what: string, item: Item, detail: string): ServiceError {
  const place = `${item['pk']?.S} / ${item['sk']?.S}`;
  return new ServiceError(
    'INTERNAL',
    `the ${what} record ${place} in the catalog is broken: ${detail}; restore the table to a point before`,
  );
}
