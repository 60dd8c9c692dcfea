/** Who calls, and whether they may: token, scope, and the versions that the token is limited to. */
import { type Authenticator, requireScope, requireVersion } from '../../core/access.ts';
import { parseVersionId, VERSION_ID } from '../../core/names.ts';
import type { Scope } from '../../core/records.ts';
import type { Headers } from './call.ts';
import type { Middleware } from './middleware.ts';

/** @throws UNAUTHENTICATED, FORBIDDEN */
export function authentication(needed: Scope, authenticator: Authenticator): Middleware {
  return {
    before: async ({ event: call }) => {
      const caller = await authenticator.authenticate(bearerOf(call.headers));
      call.caller = caller;
      requireScope(caller, needed);
      if (caller.versions === undefined) return;
      const versionId = call.event.pathParameters?.['versionId'];
      // What is no versionId matches no pattern and names nothing: the validation refuses it (400).
      if (versionId !== undefined && VERSION_ID.test(versionId)) requireVersion(caller, parseVersionId(versionId));
    },
  };
}

/** RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). */
const BEARER = /^bearer +(\S+) *$/i;

function bearerOf(headers: Headers): string | undefined {
  const authorization = headers['authorization'];
  return authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
}
