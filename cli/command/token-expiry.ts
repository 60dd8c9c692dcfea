/**
 * When a token expires that `stowage token create` makes: what the user says, else 90 days, else
 * when its maker does.
 */

import type { CreatedToken, StowageClient } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import { parseToken } from '../../core/access/access.ts';
import { addSeconds } from '../../core/clock.ts';
import { expiry } from './flags.ts';

const DEFAULT_SECONDS = 90 * 86_400;
const NEVER = 'never';

/** The value of --expires: RFC 3339, or `never`. */
export function expiryOrNever(text: string): string {
  return text === NEVER ? NEVER : expiry(text);
}

/**
 * What the record gets where no service is asked.
 * @param flag the value of --expires, if it was given
 */
export function expiresAtOf(flag: string | undefined, now: Date): string | undefined {
  return flag === NEVER ? undefined : (flag ?? addSeconds(now, DEFAULT_SECONDS).toISOString());
}

/**
 * The service lets no token live longer than its maker. Where the user asked for no time, the token
 * then expires with its maker.
 * @param make makes the token @param token the one of the maker
 */
export async function makeExpiring(
  client: StowageClient,
  token: string | undefined,
  flag: string | undefined,
  make: (expiresAt: string | undefined) => Promise<CreatedToken>,
): Promise<CreatedToken> {
  const expiresAt = expiresAtOf(flag, new Date());
  try {
    return await make(expiresAt);
  } catch (error) {
    if (flag !== undefined || !isStowageError(error) || error.code !== 'FORBIDDEN') throw error;
    const ownEnd = await expiryOf(client, token);
    if (ownEnd === undefined || expiresAt === undefined || ownEnd >= expiresAt) throw error;
    return make(ownEnd);
  }
}

/** @returns undefined for a token without an expiry, and where the service does not show it */
async function expiryOf(
  client: StowageClient,
  token: string | undefined,
): Promise<string | undefined> {
  const tokenId = parseToken(token ?? '')?.tokenId;
  try {
    for await (const one of client.listTokens({ limit: 1000 }))
      if (one.tokenId === tokenId) return one.expiresAt;
  } catch (error) {
    // The maker may not list tokens either: what the service said first is what is wrong.
    if (!isStowageError(error) || error.code !== 'FORBIDDEN') throw error;
  }
  return undefined;
}
