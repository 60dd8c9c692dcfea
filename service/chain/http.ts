/** The one middy chain, around every operation. The order of its middlewares is the order of refusals (401, 403, 415, 413, 400, then state). */
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { ServiceError } from '../../core/errors.ts';
import type { Handler, HandlerResult } from '../host/handler.ts';
import type { ChainServices } from '../host/services.ts';
import { accessLog } from './access-log.ts';
import { authentication } from './authentication.ts';
import { Call } from './call.ts';
import { headWithoutBody } from './head-without-body.ts';
import { jsonBody } from './json-body.ts';
import { normaliseHeaders } from './normalise-headers.ts';
import type { Operation } from './operation.ts';
import { problemAnswer } from './problem-answer.ts';
import { validation } from './validation.ts';

/** A function that is about to be stopped still answers. */
const TIME_TO_ANSWER_MS = 100;

/** Makes the handler of an operation, once a cold start. Middlewares that an operation has no use for are left out. */
export function http<Needs extends ChainServices>(
  operation: Operation<Needs>,
  services: Needs,
): Handler {
  const { access, id, takesBody = false } = operation;
  const log = accessLog(operation.name, services.log);
  const chain = middy<Call, HandlerResult>((call: Call) => operation.handle(call, services), {
    requestEnd: (request) => log(request as Parameters<typeof log>[0]),
    timeoutEarlyInMillis: TIME_TO_ANSWER_MS,
    timeoutEarlyResponse: () => {
      throw new ServiceError('UNAVAILABLE', 'the function ran out of time');
    },
  });
  chain.use(normaliseHeaders);
  if (access !== 'none' && !(access === 'public' && services.publicDownloads)) {
    chain.use(authentication(access === 'public' ? 'read' : access, services.authenticator));
  }
  if (id !== undefined || takesBody) chain.use(jsonBody);
  if (id !== undefined) chain.use(validation(id, access));
  // Errors pass from the last to the first: the problem is made, then a HEAD loses its body.
  chain.use(headWithoutBody).use(problemAnswer);
  return (event, context) =>
    chain(new Call(event, services.log, context.receiveBody), context as Context);
}
