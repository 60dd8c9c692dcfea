/** Gets a token of the service for the job that this runs in, and revokes it at the end. */
import { StowageClient } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import { failure } from '../output/fault.ts';
import type { Connection } from './find-connection.ts';
import { sameService } from './find-server.ts';
import { findJobToken } from './job-token.ts';
import { shortFetch } from './short-fetch.ts';

interface Job {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

const REVOKE_MS = 10_000;

/**
 * @returns the connection with a token of minutes
 * @throws Fault that says why there is none
 */
export async function exchangeToken(connection: Connection, { env, signal }: Job) {
  const { url } = connection;
  const client = new StowageClient({ url, retry: { retries: 2 }, fetch: shortFetch(env) });
  const { audience } = await client.getTrustAudience({ signal });
  requireOwn(audience, url);
  const found = await findJobToken(env, audience, signal);
  if (found === undefined) return connection;
  try {
    const { token } = await client.exchangeToken(found.token, { signal });
    return { ...connection, token, tokenFrom: `the token of this job (${found.from})` };
  } catch (error) {
    if (!isStowageError(error, 'UNAUTHENTICATED')) throw error;
    throw failure('UNAUTHENTICATED', error.message, {
      hint: `the token of this job (${found.from}) was not exchanged: an admin makes or mends the rule, and sees the rules with stowage trust ls`,
    });
  }
}

/** Ends with the job what was made for it. A token that can't be revoked expires by itself. */
export async function revokeToken({ url, token }: Connection, { env }: Job): Promise<void> {
  const client = new StowageClient({ url, token, retry: { retries: 1 }, fetch: shortFetch(env) });
  try {
    await client.deleteOwnToken({ signal: AbortSignal.timeout(REVOKE_MS) });
  } catch {
    // It lives for minutes, and the command has done its work.
  }
}

/** Otherwise a service could get the job's token for another one. @throws Fault */
function requireOwn(audience: string, url: string): void {
  if (URL.canParse(audience) && sameService(audience, url)) return;
  throw failure('UNTRUSTED_SERVER', `${url} asks for a token for ${audience}, another service`, {
    hint: `name the service by its own address: STOWAGE_URL=${audience}`,
  });
}
