/** Answers requests that no route takes. They are logged and get a problem like any other. */
import { Router } from '../api/router.ts';
import { type OperationId, ROUTES } from '../api/routes.ts';
import { ServiceError, shorten } from '../core/errors.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { http } from './chain/http.ts';
import type { Operation } from './chain/operation.ts';
import { problem } from './chain/problem-answer.ts';
import type { Handler } from './host/handler.ts';
import type { ChainServices } from './host/services.ts';

type ProblemPage<Needs> = Operation<Needs>['problemPage'];

/**
 * 404 for a path that no route has.
 * @param problemPage makes it a page for a browser. @default JSON for all
 */
export function notFound<Needs extends ChainServices>(
  services: Needs,
  problemPage?: ProblemPage<Needs>,
): Handler {
  const handle = async ({ event }: { readonly event: { readonly rawPath: string } }) => {
    throw new ServiceError('NOT_FOUND', `there is nothing under ${shorten(event.rawPath)}`);
  };
  const operation = { name: 'fallback', access: 'none', handle } as const;
  return http({ ...operation, ...withoutUndefined({ problemPage }) }, services);
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

/**
 * 400 for a path of the operation that cannot be decoded. Checks that come before the path, such as
 * the token's, still come first.
 */
export function malformedPath(services: ChainServices, id: OperationId): Handler {
  const handle = async () => {
    throw new ServiceError('INVALID_INPUT', 'the path has a percent sequence that is not UTF-8');
  };
  return http({ name: id, access: ROUTES[id].access, takesBody: true, handle }, services);
}

/**
 * API Gateway's `$default` route, which gets every request that no other route takes: 405 for a
 * path that takes other methods, else 404.
 */
export function unrouted<Needs extends ChainServices>(
  services: Needs,
  problemPage?: ProblemPage<Needs>,
): Handler {
  const router = new Router();
  const unknownPath = notFound(services, problemPage);
  const refusers = new Map<string, Handler>();
  return (event, context) => {
    const match = router.match(event.requestContext.http.method, event.rawPath);
    if (match.kind !== 'wrong-method') return unknownPath(event, context);
    const methods = match.allowed.join();
    const refuser = refusers.get(methods) ?? methodNotAllowed(services, match.allowed);
    refusers.set(methods, refuser);
    return refuser(event, context);
  };
}
