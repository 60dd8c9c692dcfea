/** Requests that no route takes: still logged, still answered with a problem. */
import { Router } from '../api/router.ts';
import { type OperationId, ROUTES } from '../api/routes.ts';
import { ServiceError, shorten } from '../core/errors.ts';
import { http } from './chain/http.ts';
import { problem } from './chain/problem-answer.ts';
import type { Handler } from './host/handler.ts';
import type { ChainServices } from './host/services.ts';

/** 404. */
export function fallback(services: ChainServices): Handler {
  const handle = async ({ event }: { readonly event: { readonly rawPath: string } }) => {
    throw new ServiceError('NOT_FOUND', `there is nothing under ${shorten(event.rawPath)}`);
  };
  return http({ name: 'fallback', access: 'none', handle }, services);
}

/** 405 for a path that takes other methods: `allow` names them (RFC 9110 section 15.5.6). */
export function methodNotAllowed(services: ChainServices, allow: readonly string[]): Handler {
  const allowed = allow.join(', ');
  return http(
    {
      name: 'methodNotAllowed',
      access: 'none',
      handle: async ({ method, requestId }) => {
        const message = `this path takes ${allowed}, got ${shorten(method)}`;
        const answer = problem('METHOD_NOT_ALLOWED', message, requestId);
        return { ...answer, headers: { ...answer.headers, allow: allowed } };
      },
    },
    services,
  );
}

/** 400 for a path of the operation that can't be decoded, after all that the operation refuses before it looks at the path. */
export function malformedPath(services: ChainServices, id: OperationId): Handler {
  const handle = async () => {
    throw new ServiceError('INVALID_INPUT', 'the path has a percent sequence that is not UTF-8');
  };
  return http({ name: id, access: ROUTES[id].access, takesBody: true, handle }, services);
}

/** API Gateway's `$default` route, where all comes that no other route takes: 405 for a path that takes other methods, else 404. */
export function unrouted(services: ChainServices): Handler {
  const router = new Router();
  const notFound = fallback(services);
  const refusers = new Map<string, Handler>();
  return (event, context) => {
    const match = router.match(event.requestContext.http.method, event.rawPath);
    if (match.kind !== 'wrong-method') return notFound(event, context);
    const methods = match.allowed.join();
    const refuser = refusers.get(methods) ?? methodNotAllowed(services, match.allowed);
    refusers.set(methods, refuser);
    return refuser(event, context);
  };
}
