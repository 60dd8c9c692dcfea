/**
 * Loaded by processes that use a deployment in the emulator. It resolves the hosts of its APIs,
 * distributions and buckets to 127.0.0.1, which no resolver does.
 */
import dns from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const API = /\.execute-api\.localhost$/;
const CLOUD = /\.(?:cloudfront\.net|amazonaws\.com)$/;
const outside = { lookup: dns.lookup, request: https.request, fetch: globalThis.fetch };

dns.lookup = (host, ...rest) => outside.lookup(API.test(host) ? '127.0.0.1' : host, ...rest);

/** The emulator has no certificates: requests that would use TLS go in plain text, and say so. */
https.request = (target, options, ...rest) => {
  const url = URL.parse(String(target));
  if (!CLOUD.test(url?.hostname ?? '')) return outside.request(target, options, ...rest);
  const { host, pathname, search } = url;
  const headers = { ...options.headers, host, 'x-forwarded-proto': 'https' };
  const emulator = {
    host: '127.0.0.1',
    port: process.env['GATEWAY_PORT'],
    path: pathname + search,
  };
  return http.request({ ...options, ...emulator, headers }, ...rest);
};
syncBuiltinESMExports();

globalThis.fetch = async (input, init = {}) => {
  const url = URL.parse(String(input?.url ?? input));
  if (!CLOUD.test(url?.hostname ?? '')) return outside.fetch(input, init);
  const { method = 'GET', body } = init;
  const { promise, resolve, reject } = Promise.withResolvers();
  const sent = https.request(
    url,
    { method, headers: Object.fromEntries(new Headers(init.headers)) },
    resolve,
  );
  sent.on('error', reject);
  await pipeline(body ? Readable.fromWeb(new Response(body).body) : [], sent);
  const answer = await promise;
  const bytes = Buffer.concat(await answer.toArray());
  return new Response(bytes.length === 0 ? null : bytes, {
    status: answer.statusCode,
    headers: pairsOf(answer.rawHeaders),
  });
};

function pairsOf(raw) {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1]]] : []));
}
