/** What somebody with a token that is formed well, but was never made, can have of the service. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PlainClient, send } from '../../support/plain-client.ts';
import { allOf, openSocket, Servings } from '../served.ts';

const servings = new Servings();
afterEach(() => servings.removeAll());

const UNKNOWN = `stw_unknown0000_${'A'.repeat(43)}`;

function head(path: string, token: string, ...more: readonly string[]): string {
  const lines = [`POST ${path} HTTP/1.1`, 'Host: h', `Authorization: Bearer ${token}`, ...more];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The first piece of the answer to what was announced, none of which is sent. */
async function earlyAnswer(url: string, text: string): Promise<string> {
  const socket = openSocket(url);
  socket.write(text);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString();
}

describe('a body that is announced', () => {
  const json = ['Content-Type: application/json', 'Content-Length: 100'];

  test('with an unknown token is refused before a byte of it is read', async () => {
    const { url } = await servings.start(await servings.folder());

    expect(await earlyAnswer(url, head('/v1/tokens', UNKNOWN, ...json))).toMatch(
      /^HTTP\/1\.1 401 /,
    );
    const chunked = head('/v1/tokens', UNKNOWN, 'Transfer-Encoding: chunked');
    expect(await earlyAnswer(url, chunked)).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('with too small a token is refused before a byte of it is read', async () => {
    const { url, token } = await servings.start(await servings.folder());
    const { token: reader } = await new PlainClient(url, token).json<{ token: string }>(
      'POST',
      '/v1/tokens',
      {
        name: 'reader',
        scopes: ['read'],
      },
    );

    expect(await earlyAnswer(url, head('/v1/tokens', reader, ...json))).toMatch(/^HTTP\/1\.1 403 /);
  });

  test('for a path or a method that is not there is refused before a byte of it is read', async () => {
    const { url, token } = await servings.start(await servings.folder());

    expect(await earlyAnswer(url, head('/nothing', token, ...json))).toMatch(/^HTTP\/1\.1 404 /);
    expect(await earlyAnswer(url, head('/healthz', token, ...json))).toMatch(/^HTTP\/1\.1 405 /);
  });

  test('is not asked for where its token is unknown, and asked for where it is known', async () => {
    const { url, token } = await servings.start(await servings.folder());
    const expecting = [...json, 'Expect: 100-continue', 'Connection: close'];
    const stranger = openSocket(url);
    stranger.write(head('/v1/tokens', UNKNOWN, ...expecting));

    expect(await allOf(stranger)).toMatch(/^HTTP\/1\.1 401 /);
    expect(await earlyAnswer(url, head('/v1/tokens', token, ...expecting))).toBe(
      'HTTP/1.1 100 Continue\r\n\r\n',
    );
  });
});

describe('tokens that fail', () => {
  const ask = (url: string, token: string, headers: Readonly<Record<string, string>> = {}) =>
    send(`${url}/v1/versions`, { headers: { authorization: `Bearer ${token}`, ...headers } });
  const unknown = (index: number) => UNKNOWN.replace('0000', String(index).padStart(4, '0'));

  /** More than one address may fail with at once. */
  async function flood(
    url: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<readonly number[]> {
    const answers = Array.from({ length: 200 }, (_, index) => ask(url, unknown(index), headers));
    return (await Promise.all(answers)).map(({ status }) => status);
  }

  test('too often get 429 with Retry-After, and a good token from the same address is taken', async () => {
    const { url, token } = await servings.start(await servings.folder());

    const statuses = await flood(url);

    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await ask(url, UNKNOWN)).headers).toMatchObject({ 'retry-after': '1' });
    expect((await ask(url, token)).status).toBe(200);
  });

  test('are in the log by their address, in sum, and without the token', async () => {
    const { url, running, book } = await servings.start(await servings.folder(), {
      TRUST_PROXY: '1',
    });
    const statuses = await flood(url, { 'x-forwarded-for': '203.0.113.1, 192.0.2.7' });
    const throttled = statuses.filter((status) => status === 429).length;

    await running.stop();

    const refused = book.lines.filter(
      ({ code, msg }) => code !== undefined || String(msg).includes('refused'),
    );
    expect(refused.filter(({ operation }) => operation !== undefined)).toHaveLength(
      200 - throttled,
    );
    expect(refused.filter(({ operation }) => operation === undefined)).toMatchObject([
      { level: 40, address: '192.0.2.7', failed: 200, throttled },
      { level: 40, failed: 200, throttled, failedSinceStart: 200, addresses: 1 },
    ]);
    expect(JSON.stringify(book.lines)).not.toContain('AAAA');
  });
});
