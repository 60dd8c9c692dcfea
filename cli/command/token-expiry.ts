/**
 * When a token made by `stowage token create` expires: at the time that the user chose, else after
 * 90 days, or sooner if its parent expires sooner.
 */

import type { CreatedToken, StowageClient } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import { parseToken } from '../../core/access/access.ts';
import { addSeconds } from '../../core/clock.ts';
import { parseExpiry } from './flags.ts';

const DEFAULT_SECONDS = 90 * 86_400;
const NEVER = 'never';

/** The value of --expires: RFC 3339, or `never`. */
export function expiryOrNever(text: string): string {
  return text === NEVER ? NEVER : parseExpiry(text);
}

/**
 * The expiry for a record that is written without asking a service.
 * @param flag the value of --expires, if it was given
 */
export function expiresAtOf(flag: string | undefined, now: Date): string | undefined {
  return flag === NEVER ? undefined : (flag ?? addSeconds(now, DEFAULT_SECONDS).toISOString());
}

/**
 * The service lets no token expire after its parent. If the user chose no time, the new token then
 * expires with its parent.
 * @param make creates the token
 * @param token the parent
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

/** @returns undefined if the token does not expire, or if the service does not show when */
async function expiryOf(
  client: StowageClient,
  token: string | undefined,
): Promise<string | undefined> {
  const tokenId = parseToken(token ?? '')?.tokenId;
  try {
    for await (const one of client.listTokens({ limit: 1000 }))
      if (one.tokenId === tokenId) return one.expiresAt;
  } catch (error) {
    // The parent may not list tokens either, so the first refusal of the service is the right
    // error.
    if (!isStowageError(error) || error.code !== 'FORBIDDEN') throw error;
  }
  return undefined;
}
