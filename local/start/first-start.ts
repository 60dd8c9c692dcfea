/**
 * What the first start on a storage makes and later starts use: the folder, the key that signs
 * URLs, and the first admin token.
 */

import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashSecret, parseToken } from '../../core/access/access.ts';
import { issueToken } from '../../core/access/tokens.ts';
import type { Clock } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';
import { OWN_FOLDER } from '../../core/layout.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import type { TokenRecord } from '../../core/records.ts';
import type { Log } from '../../service/host/log.ts';
import { errnoOf } from '../../storage/file-system.ts';
import { describeFault } from './file-faults.ts';
import { writePrivateFile } from './private-file.ts';

export const LOCK_NAME = 'lock.db';

/** The files of a service, all in `STORAGE_LOCAL_PATH/.stowage`. */
export interface ServicePaths {
  readonly folder: string;
  readonly lock: string;
  readonly signingKey: string;
  readonly adminToken: string;
  /** The keys that sign statements. */
  readonly releaseKeys: string;
  readonly server: string;
  /** The notes of the scrub. */
  readonly scrub: string;
  /** Names the catalog of this storage. */
  readonly catalogMarker: string;
  /** The backups of the catalog. */
  readonly backups: string;
}

export function servicePaths(storagePath: string): ServicePaths {
  const folder = join(storagePath, OWN_FOLDER);
  return {
    folder,
    lock: join(folder, LOCK_NAME),
    signingKey: join(folder, 'url-signing-key'),
    adminToken: join(folder, 'admin-token'),
    releaseKeys: join(folder, 'release-keys.json'),
    server: join(folder, 'server.json'),
    scrub: join(folder, 'scrub.json'),
    catalogMarker: join(folder, 'catalog.json'),
    backups: join(folder, 'backups'),
  };
}

/** @throws UNAVAILABLE that names STORAGE_LOCAL_PATH when the folder cannot be made or written */
export async function makeStorageFolder(storagePath: string): Promise<void> {
  const { folder } = servicePaths(storagePath);
  try {
    await makeFolder(storagePath, 0o777);
    await makeFolder(folder, 0o700);
    for (const path of [storagePath, folder])
      await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ServiceError(
      'UNAVAILABLE',
      `STORAGE_LOCAL_PATH ${storagePath} can't be used: ${describeFault(error)}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Makes a folder and its parents. Node's recursive mkdir does not end on a file system that always
 * answers ENOENT (/proc).
 */
async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || existsSync(parent)) throw error;
    await makeFolder(parent, 0o777);
    await mkdir(path, { mode });
  }
}

const KEY_BYTES = 32;
const KEY = /^[A-Za-z0-9_-]{43}$/;

/**
 * The key that signs URLs, as text: 32 random bytes in base64url. It is made once, because links
 * work only with their key.
 * @throws INVALID_INPUT when the file holds something else
 */
export async function urlSigningKey(paths: ServicePaths): Promise<string> {
  const kept = await readIfThere(paths.signingKey);
  if (kept === undefined) {
    const key = randomBytes(KEY_BYTES).toString('base64url');
    await writePrivateFile(paths.signingKey, `${key}\n`);
    return key;
  }
  if (KEY.test(kept)) return kept;
  throw new ServiceError(
    'INVALID_INPUT',
    `${paths.signingKey} must hold 43 characters of base64url; put the right file back, or remove it for a new key (links that were issued earlier stop working)`,
  );
}

/** The record of ADMIN_TOKEN, which is valid like one of the catalog. @throws INVALID_INPUT */
export function adminTokenRecord(token: string, now: Date): TokenRecord {
  const parsed = parseToken(token);
  if (parsed === undefined) {
    throw new ServiceError(
      'INVALID_INPUT',
      'ADMIN_TOKEN must read stw_<8 to 32 of a-z0-9>_<43 of base64url>',
    );
  }
  return {
    tokenId: parsed.tokenId,
    secretSha256: hashSecret(parsed.secret),
    name: 'ADMIN_TOKEN',
    scopes: ['admin'],
    createdAt: now.toISOString(),
    createdBy: 'stowage',
  };
}

const FIRST_TOKEN = { name: 'first admin token', scopes: ['admin'] } as const;

export interface FirstTokenDeps {
  readonly catalog: Pick<Catalog, 'getToken' | 'newTokenId' | 'createToken'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Makes the first admin token if no start has made one, and saves its text in a file. If the file
 * exists but the catalog has no such token, the token was revoked and stays so. If the catalog
 * itself is new, the token is entered again.
 * @returns the text if this call made the token
 */
export async function makeAdminToken(
  { catalog, clock, log }: FirstTokenDeps,
  paths: ServicePaths,
  catalogIsNew: boolean,
): Promise<string | undefined> {
  const kept = await readIfThere(paths.adminToken);
  if (kept === undefined) {
    const { record, token } = issueToken(
      FIRST_TOKEN,
      'stowage',
      clock(),
      [],
      await catalog.newTokenId(),
    );
    // The catalog comes first: a token that is only in the file would count as revoked.
    await catalog.createToken(record);
    await writePrivateFile(paths.adminToken, `${token}\n`);
    return token;
  }
  const tokenId = parseToken(kept)?.tokenId;
  if (tokenId !== undefined && (await catalog.getToken(tokenId)) !== undefined) return undefined;
  if (tokenId !== undefined && catalogIsNew) {
    await catalog.createToken({ ...adminTokenRecord(kept, clock()), name: FIRST_TOKEN.name });
  } else {
    log.warn(
      { file: paths.adminToken },
      'the admin token in this file is not valid; remove the file to get a new token',
    );
  }
  return undefined;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw new ServiceError('UNAVAILABLE', `${path} can't be read: ${describeFault(error)}`, {
      cause: error,
    });
  }
}
