/** Writes the access line of the gateway, with the fields of the API's lines. */
import { statusOf } from '../../api/schemas/problems.ts';
import type { Log } from '../../service/host/log.ts';
import type { GatewayAccess } from './gateway.ts';

export function logAccess(
  log: Log,
  { requestId, address, method, key, status, bytes, ms, error }: GatewayAccess,
): void {
  const line = {
    operation: 'blob',
    requestId,
    address,
    method,
    key,
    status,
    ms: Math.round(ms * 100) / 100,
    bytes,
    code: error?.code,
  };
  // The error counts too: an answer that broke off has the status of a client that left.
  if (status < 500 && (error === undefined || statusOf(error.code) < 500)) log.info(line);
  else log.error({ ...line, err: error });
}
