/** Loaded by every function that runs in the emulator: leads what is asked of `*.cloudfront.net` to the emulator, which is no resolver. */
import { request } from 'node:http';

const EDGE = /^https:\/\/([a-z0-9]+\.cloudfront\.net)(\/.*)?$/;
const outside = globalThis.fetch;

globalThis.fetch = async (input, init = {}) => {
  const [, host, path = '/'] = EDGE.exec(String(input?.url ?? input)) ?? [];
  if (host === undefined) return outside(input, init);
  const headers = { ...Object.fromEntries(new Headers(init.headers)), host, 'x-forwarded-proto': 'https' };
  const { promise, resolve, reject } = Promise.withResolvers();
  request(
    { host: '127.0.0.1', port: process.env['GATEWAY_PORT'], method: init.method ?? 'GET', path, headers },
    resolve,
  )
    .on('error', reject)
    .end();
  const answer = await promise;
  const body = Buffer.concat(await answer.toArray());
  return new Response(body.length === 0 ? null : body, {
    status: answer.statusCode,
    headers: pairsOf(answer.rawHeaders),
  });
};

function pairsOf(raw) {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1]]] : []));
}
