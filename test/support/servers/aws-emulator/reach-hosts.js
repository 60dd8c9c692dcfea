/** Loaded by processes that use a deployment in the emulator: leads the hosts of its APIs, distributions and buckets to 127.0.0.1, where no resolver does. */
import dns from 'node:dns';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const API = /\.execute-api\.localhost$/;
const CLOUD = /^https:\/\/([a-z0-9.-]+\.(?:cloudfront\.net|amazonaws\.com))(\/.*)?$/;
const outside = { lookup: dns.lookup, fetch: globalThis.fetch };

dns.lookup = (host, ...rest) => outside.lookup(API.test(host) ? '127.0.0.1' : host, ...rest);

/** The emulator has no certificates: what would be asked by TLS is asked in plain text, and told so. */
globalThis.fetch = async (input, init = {}) => {
  const [, host, path = '/'] = CLOUD.exec(String(input?.url ?? input)) ?? [];
  if (host === undefined) return outside.fetch(input, init);
  const { method = 'GET', body } = init;
  const headers = { ...Object.fromEntries(new Headers(init.headers)), host, 'x-forwarded-proto': 'https' };
  const { promise, resolve, reject } = Promise.withResolvers();
  const sent = request({ host: '127.0.0.1', port: process.env['GATEWAY_PORT'], method, path, headers }, resolve);
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
