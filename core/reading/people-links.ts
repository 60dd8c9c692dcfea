/** Links for people: a publisher hands one file to somebody without a token, for a time. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { coversVersion, hashSecret, type Principal, requireVersion } from '../access/access.ts';
import type { Authenticator } from '../access/authenticator.ts';
import type { Clock } from '../clock.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { VersionId } from '../names.ts';
import { publicNameOf } from '../naming/filenames.ts';
import type { Catalog, Page, PageRequest } from '../ports/catalog.ts';
import type { LinkRecord, PackageRecord } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { findAvailable } from './links.ts';

export interface PeopleLinkDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
}

export interface LinkWish {
  readonly versionId: VersionId;
  /** A filename or an alias. */
  readonly filename: string;
  /** RFC 3339. @default in 7 days */
  readonly expiresAt?: string | undefined;
  /** @default as many as come */
  readonly maxDownloads?: number | undefined;
  readonly note?: string | undefined;
}

export interface CreatedPeopleLink {
  readonly record: LinkRecord;
  /** Shown this once; the catalog keeps its hash. */
  readonly secret: string;
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 7;
const MOST_DAYS = 30;
const LINK_ID = /^[a-z0-9]{8,32}$/;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/**
 * @throws FORBIDDEN, NOT_FOUND and YANKED where the file can't be downloaded, INVALID_INPUT where the
 *   link would live longer than 30 days or than the caller's token
 */
export async function createPeopleLink(
  deps: PeopleLinkDeps,
  caller: Principal,
  wish: LinkWish,
): Promise<CreatedPeopleLink> {
  requireVersion(caller, wish.versionId);
  const file = await findAvailable(deps.catalog, wish.versionId, wish.filename);
  const secret = randomBytes(32).toString('base64url');
  const record: LinkRecord = {
    linkId: randomBytes(8).toString('hex'),
    secretSha256: hashSecret(secret),
    versionId: wish.versionId,
    filename: publicNameOf(file),
    expiresAt: expiryOf(deps.clock(), caller, wish.expiresAt),
    ...withoutUndefined({ maxDownloads: wish.maxDownloads, note: wish.note }),
    createdAt: deps.clock().toISOString(),
    createdBy: caller.tokenId,
  };
  if (await deps.catalog.createLink(record)) return { record, secret };
  throw new ServiceError('CONFLICT', 'the id of the new link is taken; try again');
}

/** @throws INVALID_INPUT */
function expiryOf(now: Date, caller: Principal, wanted: string | undefined): string {
  const limit = now.getTime() + MOST_DAYS * DAY_MS;
  const ofToken = caller.expiresAt === undefined ? limit : Date.parse(caller.expiresAt);
  const latest = Math.min(limit, ofToken);
  if (wanted === undefined)
    return new Date(Math.min(now.getTime() + DEFAULT_DAYS * DAY_MS, latest)).toISOString();
  const expiresAt = Date.parse(wanted);
  if (expiresAt > now.getTime() && expiresAt <= latest) return new Date(expiresAt).toISOString();
  const why = latest < limit ? 'when this token expires' : `in ${MOST_DAYS} days`;
  throw new ServiceError(
    'INVALID_INPUT',
    `expiresAt must be from now to ${new Date(latest).toISOString()} (${why}), got ${wanted}`,
  );
}

/**
 * The file that a link leads to. Counts the download where the link limits them.
 * @throws NOT_FOUND for a link that is unknown, wrong, expired, used up, or whose token or file is gone
 */
export async function followPeopleLink(
  deps: PeopleLinkDeps & { readonly authenticator: Pick<Authenticator, 'isAlive'> },
  linkId: string,
  secret: string | undefined,
  isDownload: boolean,
): Promise<PackageRecord> {
  const link = LINK_ID.test(linkId) ? await deps.catalog.getLink(linkId) : undefined;
  if (link === undefined || !isSecretOf(link, secret)) throw gone();
  if (Date.parse(link.expiresAt) <= deps.clock().getTime()) throw gone();
  if (!(await deps.authenticator.isAlive(link.createdBy))) throw gone();
  const file = await fileOf(deps.catalog, link);
  const { maxDownloads = Infinity, downloads = 0 } = link;
  if (downloads >= maxDownloads) throw gone();
  const isCounted = isDownload && link.maxDownloads !== undefined;
  if (isCounted && !(await deps.catalog.countDownload(linkId))) throw gone();
  return file;
}

async function fileOf(catalog: Catalog, link: LinkRecord): Promise<PackageRecord> {
  try {
    return await findAvailable(catalog, link.versionId, link.filename);
  } catch (error) {
    throw isServiceError(error, 'NOT_FOUND', 'YANKED', 'INTEGRITY') ? gone() : error;
  }
}

function isSecretOf(link: LinkRecord, secret: string | undefined): boolean {
  if (secret === undefined || !SECRET.test(secret)) return false;
  return timingSafeEqual(Buffer.from(hashSecret(secret)), Buffer.from(link.secretSha256));
}

/** One message for all: who guesses learns nothing. */
function gone(): ServiceError {
  return new ServiceError('NOT_FOUND', 'this link has expired, was used up, or never was');
}

/** The links to versions that the caller may see. */
export async function listPeopleLinks(
  { catalog }: Pick<PeopleLinkDeps, 'catalog'>,
  caller: Principal,
  page: PageRequest,
): Promise<Page<LinkRecord>> {
  const found = await catalog.listLinks(page);
  return { ...found, items: found.items.filter((link) => coversVersion(caller, link.versionId)) };
}

/** Repeatable. A link to a version beyond the caller's limit is left alone, as if it were not there. */
export async function deletePeopleLink(
  { catalog }: Pick<PeopleLinkDeps, 'catalog'>,
  caller: Principal,
  linkId: string,
): Promise<void> {
  const link = await catalog.getLink(linkId);
  if (link !== undefined && coversVersion(caller, link.versionId)) await catalog.deleteLink(linkId);
}
