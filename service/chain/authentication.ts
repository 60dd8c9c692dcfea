/** Finds the caller by the token, then checks its scope and its version pattern. */
import { requireScope, requireVersion } from '../../core/access/access.ts';
import type { Authenticator } from '../../core/access/authenticator.ts';
import { parseVersionId, VERSION_ID } from '../../core/names.ts';
import type { Scope } from '../../core/records.ts';
import type { Middleware } from './middleware.ts';

/** @throws UNAUTHENTICATED, FORBIDDEN */
export function authentication(needed: Scope, authenticator: Authenticator): Middleware {
  return {
    before: async ({ event: call }) => {
      const { sourceIp } = call.event.requestContext.http;
      const caller = await authenticator.authenticate(
        bearerOf(call.headers['authorization']),
        sourceIp,
      );
      call.caller = caller;
      requireScope(caller, needed);
      if (caller.versions === undefined) return;
      const versionId = call.event.pathParameters?.['versionId'];
      // A malformed versionId matches no pattern; the validation refuses it (400).
      if (versionId !== undefined && VERSION_ID.test(versionId))
        requireVersion(caller, parseVersionId(versionId));
    },
  };
}

/** RFC 6750 section 2.1. The scheme may be in any case (RFC 9110 section 11.1). */
const BEARER = /^bearer +(\S+) *$/i;

/** The token of an `Authorization` header; undefined if it holds none. */
function bearerOf(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
}
