/**
 * Makes upload grants: tokens for one upload and at most an hour, which a server gives to its page. A
 * grant has no scope, so whatever does not ask for grants refuses it, earlier releases included.
 */
import { addSeconds } from '../../clock.ts';
import { ServiceError } from '../../errors.ts';
import { type Ext, extOfFilename, type PackageId, type VersionId } from '../../names.ts';
import { NO_EXT } from '../../naming/filenames.ts';
import type { UploadGrant } from '../../records.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import { creatorOf, type Principal, requireVersion } from '../access.ts';
import {
  type IssuedToken,
  issueToken,
  keepToken,
  requireLater,
  requireNotAfter,
  type TokenDeps,
} from '../tokens.ts';

const LONGEST_SECONDS = 3600;

export interface NewGrant {
  /** @default what it is for */
  readonly name?: string | undefined;
  readonly upload: {
    readonly versionId: VersionId;
    readonly packageId: PackageId;
    readonly filename?: string | undefined;
    readonly ext?: Ext | undefined;
    readonly size?: number | undefined;
  };
  /** RFC 3339, any offset. @default an hour from now, or when its maker expires */
  readonly expiresAt?: string | undefined;
}

/**
 * Its maker needs scope publish, which the caller of this function checks.
 * @throws FORBIDDEN, INVALID_INPUT for a life that is over or longer than an hour, UNAUTHENTICATED
 *   if the maker was revoked
 */
export async function createGrant(
  deps: TokenDeps,
  maker: Principal,
  wanted: NewGrant,
): Promise<IssuedToken> {
  const now = deps.clock();
  const upload = termsOf(wanted.upload);
  requireVersion(maker, upload.versionId);
  const latest = addSeconds(now, LONGEST_SECONDS);
  const expiresAt = wanted.expiresAt ?? earlierOf(latest, maker.expiresAt);
  requireLater(now, expiresAt);
  requireNotAfter(maker, expiresAt);
  if (Date.parse(expiresAt) > latest.getTime()) {
    throw new ServiceError(
      'INVALID_INPUT',
      `an upload grant lives at most an hour: expiresAt must not be after ${latest.toISOString()}, got ${expiresAt}`,
    );
  }
  const { versionId, packageId } = upload;
  const name = wanted.name ?? `upload of ${packageId} to ${versionId}`;
  return keepToken(deps, maker, (makers, tokenId) => {
    const limits = { name, scopes: [], versions: versionId, expiresAt };
    const issued = issueToken(limits, maker.tokenId, now, makers, tokenId);
    // Its uploads count as those of its maker, so that grants lift no limit on pending bytes.
    return { ...issued, record: { ...issued.record, origin: creatorOf(maker), upload } };
  });
}

/** A filename fixes the ext too: with another one, the alias would be a name that no one granted. */
function termsOf({ versionId, packageId, filename, ext, size }: NewGrant['upload']): UploadGrant {
  const ofName = filename === undefined ? undefined : (extOfFilename(filename) ?? NO_EXT);
  return { versionId, packageId, ...withoutUndefined({ filename, ext: ext ?? ofName, size }) };
}

function earlierOf(latest: Date, ofMaker: string | undefined): string {
  const ends = [latest.getTime(), ...(ofMaker === undefined ? [] : [Date.parse(ofMaker)])];
  return new Date(Math.min(...ends)).toISOString();
}
