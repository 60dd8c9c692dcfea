/** Whose address a request has, with and without proxies. */
import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { clientAddress } from '../../../local/http/client-address.ts';

const PEER = '::ffff:10.0.0.1';

test.each<[number, string | undefined, string]>([
  [0, undefined, '10.0.0.1'],
  [0, '192.0.2.7', '10.0.0.1'],
  [1, undefined, '10.0.0.1'],
  [1, '192.0.2.7', '192.0.2.7'],
  [1, 'said by the client, 192.0.2.7', '192.0.2.7'],
  [2, '198.51.100.1, 192.0.2.7, 10.0.0.2', '192.0.2.7'],
  [2, '192.0.2.7', '192.0.2.7'],
  [1, '192.0.2.7:4711', '192.0.2.7'],
  [1, '[2001:db8::1]:4711', '2001:db8::1'],
  [1, '2001:db8::1', '2001:db8::1'],
  [1, '::ffff:192.0.2.7', '192.0.2.7'],
  [1, 'unknown', '10.0.0.1'],
  [1, '', '10.0.0.1'],
])('with %i trusted proxies and X-Forwarded-For %j it is %s', (trusted, forwarded, expected) => {
  const request = { socket: { remoteAddress: PEER }, headers: { 'x-forwarded-for': forwarded } };

  expect(clientAddress(request as unknown as IncomingMessage, trusted)).toBe(expected);
});
