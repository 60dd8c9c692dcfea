/** Finds the caller by the token, then checks its scope and its version pattern. */
import { requireScope, requireVersion } from '../../core/access/access.ts';
import type { Authenticator } from '../../core/access/authenticator.ts';
import { requireGranted } from '../../core/access/grants/within-grant.ts';
import { parseVersionId, VERSION_ID } from '../../core/names.ts';
import type { Scope } from '../../core/records.ts';
import type { Middleware, OperationCall } from './call.ts';

/**
 * For the API: a bearer token.
 * @param takesGrants whether an upload grant is enough, for the package that it names
 * @throws UNAUTHENTICATED, FORBIDDEN
 */
export function authentication(
  needed: Scope,
  authenticator: Authenticator,
  takesGrants = false,
): Middleware {
  return {
    before: ({ event: call }) => authenticate(call, needed, authenticator, bearerOf, takesGrants),
  };
}

/** Asks for more than the route does where the body wants more. @throws FORBIDDEN */
export function authorization(scopeFor: (body: unknown) => Scope): Middleware {
  return {
    before: ({ event: call }) => {
      if (call.caller !== undefined) requireScope(call.caller, scopeFor(call.body));
    },
  };
}

/**
 * For public paths: a bearer token, or the same as the password of Basic. A token that is sent is
 * checked also where none is needed. Without one, the operation decides whether the path is open.
 * @throws UNAUTHENTICATED, FORBIDDEN
 */
export function publicAuthentication(
  authenticator: Authenticator,
  publicDownloads: boolean,
): Middleware {
  return {
    before: async ({ event: call }) => {
      if (call.headers['authorization'] === undefined) {
        call.lacksToken = !publicDownloads;
        return;
      }
      await authenticate(call, 'read', authenticator, tokenOf);
      // What everyone may read, a token that is limited to some versions may read too.
      if (publicDownloads) call.caller = undefined;
    },
  };
}

async function authenticate(
  call: OperationCall,
  needed: Scope,
  authenticator: Authenticator,
  read: (authorization: string) => string | undefined,
  takesGrants = false,
): Promise<void> {
  const { sourceIp } = call.event.requestContext.http;
  const authorization = call.headers['authorization'];
  const token = authorization === undefined ? undefined : read(authorization);
  const caller = await authenticator.authenticate(token, sourceIp);
  call.caller = caller;
  if (takesGrants && caller.upload !== undefined)
    requireGranted(caller.upload, call.event.pathParameters?.['packageId']);
  else requireScope(caller, needed);
  if (caller.versions === undefined) return;
  const versionId = call.event.pathParameters?.['versionId'];
  // What is no versionId matches no pattern and names nothing: the validation refuses it (400).
  if (versionId !== undefined && VERSION_ID.test(versionId))
    requireVersion(caller, parseVersionId(versionId));
}

/** RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). */
const BEARER = /^bearer +(\S+) *$/i;
/** RFC 7617 section 2. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;

/** The token of an `Authorization` header; undefined where it bears none. */
function bearerOf(authorization: string): string | undefined {
  return BEARER.exec(authorization)?.[1];
}

/** The token of a bearer, or the password of Basic, with any user name. */
function tokenOf(authorization: string): string | undefined {
  const encoded = BASIC.exec(authorization)?.[1];
  if (encoded === undefined) return bearerOf(authorization);
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
}
