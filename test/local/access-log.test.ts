/** The lines that the server writes about requests. */
import { afterEach, expect, test } from '@jest/globals';
import { PlainClient } from '../support/plain-client.ts';
import { Servings } from './served.ts';

const servings = new Servings();
afterEach(() => servings.removeAll());

test.each([
  ['the client itself', '0', '127.0.0.1'],
  ['the client that the trusted proxy saw', '1', '192.0.2.7'],
])('requests and transfers are logged with the address of %s', async (_, proxies, address) => {
  const environment = { TRUST_PROXY: proxies };
  const { url, token, book } = await servings.start(await servings.folder(), environment);
  const forwarded = { 'x-forwarded-for': '203.0.113.1, 192.0.2.7' };
  await new PlainClient(url, token).push('1.0.0', 'file', Buffer.from('bytes'), 'single');

  const { status } = await fetch(`${url}/packages/1.0.0/file.bin`, {
    headers: { authorization: `Bearer ${token}`, ...forwarded },
    redirect: 'manual',
  }).then(async (answer) => fetch(answer.headers.get('location') ?? '', { headers: forwarded }));

  expect(status).toBe(200);
  expect(await book.line((line) => line['status'] === 302)).toMatchObject({ address });
  expect(
    await book.line(({ operation, method }) => operation === 'blob' && method === 'GET'),
  ).toMatchObject({ address });
});
