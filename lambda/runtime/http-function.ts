/** A function behind the HTTP API: operations of one privilege by route, opened once per cold start. */
import { type OperationId, ROUTES } from '../../api/routes.ts';
import { isServiceError } from '../../core/errors.ts';
import { http } from '../../service/chain/http.ts';
import type { Operation } from '../../service/chain/operation.ts';
import { problem } from '../../service/chain/problem-answer.ts';
import { describeError } from '../../service/host/describe-error.ts';
import type { Handler } from '../../service/host/handler.ts';
import type { Log } from '../../service/host/log.ts';
import { once } from '../../service/host/once.ts';
import type { ChainServices } from '../../service/host/services.ts';
import { unrouted } from '../../service/unrouted.ts';

export type Operations<Needs> = { readonly [Id in OperationId]?: Operation<Needs> };

/**
 * Where opening fails (a secret, a wrong setting), the answer is a problem, and the next call tries
 * again.
 * @param open makes the services at the first call
 * @param problemPage makes a page of a path that no route has. @default JSON for all
 */
export function httpFunction<Needs extends ChainServices>(
  operations: Operations<Needs>,
  log: Log,
  open: (log: Log) => Promise<Needs>,
  problemPage?: Operation<Needs>['problemPage'],
): Handler {
  const opened = once(async () => handlersByRoute(operations, await open(log), problemPage));
  return async (event, context) => {
    try {
      const { byRoute, otherwise } = await opened();
      return await (byRoute.get(event.routeKey) ?? otherwise)(event, context);
    } catch (error) {
      // Only opening can fail here: the chain turns errors of operations into answers.
      const { requestId } = event.requestContext;
      log.error({ err: error, requestId }, 'the function could not be opened, to be tried again');
      // A wrong setting is not the caller's fault.
      const code = isServiceError(error, 'UNAVAILABLE', 'TOO_MANY_REQUESTS')
        ? 'UNAVAILABLE'
        : 'INTERNAL';
      return problem(code, describeError(error).message, requestId);
    }
  };
}

function handlersByRoute<Needs extends ChainServices>(
  operations: Operations<Needs>,
  services: Needs,
  problemPage: Operation<Needs>['problemPage'],
) {
  const byRoute = new Map<string, Handler>();
  for (const [id, operation] of Object.entries(operations)) {
    const { methods, path } = ROUTES[id as OperationId];
    const handler = http(operation, services);
    for (const method of methods) byRoute.set(`${method} ${path}`, handler);
  }
  return { byRoute, otherwise: unrouted(services, problemPage) };
}
