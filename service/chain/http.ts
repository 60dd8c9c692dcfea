/**
 * The middy chain around every operation. The order of its middlewares decides which error a caller
 * sees first: 401, 403, 415, 413, 400, then errors that depend on the state of records.
 */
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { type OperationId, ROUTES, type Route } from '../../api/routes.ts';
import { creatorOf } from '../../core/access/access.ts';
import { type Actor, actAs } from '../../core/audit/actor.ts';
import { ServiceError } from '../../core/errors.ts';
import { bodyLengthOf, type Handler, type HandlerResult } from '../host/handler.ts';
import type { ChainServices } from '../host/services.ts';
import { accessLog } from './access-log.ts';
import { authentication, authorization, publicAuthentication } from './authentication.ts';
import type { ChainRequest, Middleware } from './call.ts';
import { OperationCall } from './call.ts';
import { jsonBody, jsonOrFormBody } from './json-body.ts';
import type { Operation } from './operation.ts';
import { problemAnswers } from './problem-answer.ts';
import { validation } from './validation.ts';

/** How long before its end a function stops waiting, so that it can still answer. */
const TIME_TO_ANSWER_MS = 100;

/** Makes the handler of an operation, once per cold start, with the middlewares that it needs. */
export function http<Needs extends ChainServices>(
  operation: Operation<Needs>,
  services: Needs,
): Handler {
  const { access, id, takesBody = false, takesForm = false, scopeFor, problemPage } = operation;
  const log = accessLog(operation.name, services.log);
  const mayChange = id !== undefined && mayHaveBody(id);
  const chain = middy<OperationCall, HandlerResult>(
    (call: OperationCall) =>
      mayChange
        ? actAs(actorOf(call, operation.name), () => operation.handle(call, services))
        : operation.handle(call, services),
    {
      requestEnd: (request) => log(request as Parameters<typeof log>[0]),
      timeoutEarlyInMillis: TIME_TO_ANSWER_MS,
      timeoutEarlyResponse: () => {
        throw new ServiceError('UNAVAILABLE', 'the function ran out of time');
      },
    },
  );
  if (access === 'public')
    chain.use(publicAuthentication(services.authenticator, services.publicDownloads));
  else if (access !== 'none')
    chain.use(authentication(access, services.authenticator, takesGrants(id)));
  if (takesBody || mayChange) chain.use(takesForm ? jsonOrFormBody : jsonBody);
  if (scopeFor !== undefined) chain.use(authorization(scopeFor));
  if (id !== undefined) chain.use(validation(id));
  // Errors pass from the last to the first: the problem is made, then a HEAD loses its body.
  chain
    .use(headWithoutBody)
    .use(
      problemAnswers(
        access === 'public',
        problemPage && ((problem, call) => problemPage(problem, call, services)),
      ),
    );
  return (event, context) =>
    chain(new OperationCall(event, services.log, context.receiveBody), context as Context);
}

function takesGrants(id: OperationId | undefined): boolean {
  const route: Route | undefined = id && ROUTES[id];
  return route?.grants === true;
}

/** Who makes the changes of a request. */
function actorOf({ caller, requestId }: OperationCall, action: string): Actor {
  return { who: caller === undefined ? 'anyone' : creatorOf(caller), requestId, action };
}

/** Whether a method of the operation takes a body. */
function mayHaveBody(id: OperationId): boolean {
  return ROUTES[id].methods.some((method) => method !== 'GET' && method !== 'HEAD');
}

/** Answers a HEAD like its GET, without the body but with its length (RFC 9110 section 9.3.2). */
const headWithoutBody: Middleware = { after: takeBodyAway, onError: takeBodyAway };

function takeBodyAway(request: ChainRequest): void {
  const { event: call, response } = request;
  if (call.method !== 'HEAD' || response?.body === undefined) return;
  const { body: _, isBase64Encoded: __, ...rest } = response;
  request.response = {
    ...rest,
    headers: { ...rest.headers, 'content-length': String(bodyLengthOf(response)) },
  };
}
