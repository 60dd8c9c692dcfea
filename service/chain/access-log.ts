/** The access log: one line per request, without queries, secrets of tokens, bodies or headers. */
import { TooManyFailedTokens } from '../../core/access/failed-tokens.ts';
import { isServiceError } from '../../core/errors.ts';
import { describeError, withoutTokens } from '../host/describe-error.ts';
import { bodyLengthOf } from '../host/handler.ts';
import type { Log } from '../host/log.ts';
import type { ChainRequest } from './call.ts';

const PATH_MAX = 400;

/** Returns the function that writes the lines of an operation. */
export function accessLog(operation: string, log: Log): (request: ChainRequest) => void {
  const lines = log.child({ operation }, { serializers: { err: describeError } });
  return ({ event: call, response, error }) => {
    // Failed tokens can come in floods and would fill the log: they are reported as a count.
    if (error instanceof TooManyFailedTokens) return;
    const status = Number(response?.statusCode ?? 500);
    const line = {
      requestId: call.requestId,
      address: call.event.requestContext.http.sourceIp,
      method: call.method,
      path: shortenPath(call.event.rawPath),
      status,
      ms: Math.round((performance.now() - call.startedAt) * 100) / 100,
      tokenId: call.caller?.tokenId,
      bytes: bodyLengthOf(response ?? {}),
      rollout: call.rollout,
      code: isServiceError(error) ? error.code : undefined,
    };
    if (status < 500) lines.info(line);
    // Without this message, pino would log the error's own message, with its secrets.
    else lines.error({ ...line, err: error }, 'the request failed');
  };
}

/** Anyone may send any path: it may be very long, or hold a token where an id belongs. */
function shortenPath(path: string): string {
  const short = path.length > PATH_MAX ? `${path.slice(0, PATH_MAX)}...` : path;
  return short.includes('stw_') ? withoutTokens(short) : short;
}
