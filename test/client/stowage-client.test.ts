/**
 * The client against answers from a script: what it sends, what it tries again, and what it throws.
 */
import { describe, expect, test } from '@jest/globals';
import { itemsOf } from '../../client/pages.ts';
import { StowageClient } from '../../client/stowage-client.ts';
import { StowageError } from '../../client/stowage-error.ts';
import { networkError, problem, type Scripted, scripted } from './scripted-fetch.ts';

const FAST = { retries: 2, minDelayMs: 0 };

function clientWith(...answers: readonly Scripted[]) {
  const script = scripted(...answers);
  const options = {
    url: 'http://house.test/base/',
    token: 'stw_token',
    fetch: script.fetch,
    retry: FAST,
  };
  return { client: new StowageClient(options), asked: script.asked };
}

/** The error of a call that must fail. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  );
}

describe('a call', () => {
  test('goes to the path under the URL, with token and JSON, and every variable encoded', async () => {
    const { client, asked } = clientWith(Response.json({ channel: 'a b' }));

    await client.putChannel('a b', { versionId: '1.0.0+x' });

    const [call] = asked;
    expect(call?.method).toBe('PUT');
    expect(call?.url).toBe('http://house.test/base/v1/channels/a%20b');
    expect(call?.headers.get('authorization')).toBe('Bearer stw_token');
    expect(call?.headers.get('content-type')).toBe('application/json');
    expect(call?.body).toEqual({ versionId: '1.0.0+x' });
  });

  test('writes the plus of a version as %2B, in its stable link too', async () => {
    const { client, asked } = clientWith(
      Response.json({
        url: 'x',
        expiresAt: '',
        size: 1,
        sha256: 'a'.repeat(64),
        filename: 'tool.zip',
      }),
    );

    await client.link('1.0.0+x', 'tool.zip');

    expect(asked[0]?.url).toBe('http://house.test/base/packages/1.0.0%2Bx/tool.zip');
    expect(asked[0]?.headers.get('accept')).toBe('application/json');
    expect(client.stableUrl('1.0.0+x', 'tool.zip')).toBe(asked[0]?.url);
  });

  test('reads the checksums of a version, and of a channel', async () => {
    const text = `${'a'.repeat(64)}  tool.zip\n${'b'.repeat(64)}  other.tar.gz\n`;
    const { client, asked } = clientWith(new Response(text), new Response(text));

    const sums = await client.getSums('1.0.0');

    expect(sums).toEqual([
      { sha256: 'a'.repeat(64), file: 'tool.zip' },
      { sha256: 'b'.repeat(64), file: 'other.tar.gz' },
    ]);
    expect(await client.getChannelSums('stable')).toEqual(sums);
    expect(asked.map(({ url }) => url)).toEqual([
      'http://house.test/base/packages/1.0.0/SHA256SUMS',
      'http://house.test/base/channels/stable/SHA256SUMS',
    ]);
  });

  test('throws the problem that the service answers with', async () => {
    const { client } = clientWith(problem(410, 'YANKED'));

    const error = await errorOf(client.link('1', 'a.b'));

    expect(error).toBeInstanceOf(StowageError);
    expect(error).toMatchObject({
      code: 'YANKED',
      status: 410,
      detail: 'detail of YANKED',
      message: 'detail of YANKED',
      requestId: 'request-1',
    });
  });

  test.each([
    ['a page of HTML', () => new Response('<html>', { status: 200 }), 200],
    ['an error of something else', () => new Response('gone', { status: 404 }), 404],
  ])('that gets %s says that this is no Stowage service', async (_, answer, status) => {
    const { client } = clientWith(answer);

    expect(await errorOf(client.health())).toMatchObject({ code: 'BAD_ANSWER', status });
  });

  test.each(['ftp://house.test', 'house.test', ''])('to the URL %j is refused at once', (url) => {
    expect(() => new StowageClient({ url })).toThrow(TypeError);
  });
});

describe('a call that fails for now', () => {
  test.each([
    ['no answer came', networkError],
    ['the service is unavailable', () => problem(503, 'UNAVAILABLE')],
    ['there is too much to do', () => problem(429, 'TOO_MANY_REQUESTS', { 'retry-after': '0' })],
    ['a proxy cannot reach the service', () => new Response('', { status: 502 })],
  ])('since %s is tried again', async (_, fault) => {
    const { client, asked } = clientWith(
      fault(),
      fault(),
      Response.json({ status: 'ok', version: '1' }),
    );

    expect(await client.health()).toEqual({ status: 'ok', version: '1' });
    expect(asked).toHaveLength(3);
  });

  test('fails for good after the last try, with the last error', async () => {
    const { client, asked } = clientWith(networkError(), networkError(), networkError());

    const error = await errorOf(client.health());

    expect(error).toMatchObject({ code: 'UNREACHABLE', status: undefined });
    expect((error as Error).message).toBe('no answer from http://house.test: read ECONNRESET');
    expect(asked).toHaveLength(3);
  });

  test.each([400, 401, 403, 404, 409, 410, 422, 501, 507])(
    'with status %i is not tried again',
    async (status) => {
      const { client, asked } = clientWith(problem(status, 'CONFLICT'));

      expect(await errorOf(client.health())).toMatchObject({ status });
      expect(asked).toHaveLength(1);
    },
  );

  test('is not tried again where twice is more than once, unless the service did not take it up', async () => {
    const lost = clientWith(networkError());
    const refused = clientWith(problem(429, 'TOO_MANY_REQUESTS'), Response.json({ tokenId: 'x' }));
    const unnamed = clientWith(problem(503, 'UNAVAILABLE'));
    const sha256 = '0'.repeat(64);

    await errorOf(lost.client.createToken({ name: 'a', scopes: ['read'] }));
    await refused.client.createToken({ name: 'a', scopes: ['read'] });
    await errorOf(unnamed.client.createPackage('1', { ext: 'zip', size: 1, sha256 }));

    expect([lost.asked.length, refused.asked.length, unnamed.asked.length]).toEqual([1, 2, 1]);
  });

  test('waits no longer than is sensible, whatever Retry-After says', async () => {
    const { client, asked } = clientWith(problem(503, 'UNAVAILABLE', { 'retry-after': '86400' }));

    expect(await errorOf(client.health())).toMatchObject({
      code: 'UNAVAILABLE',
      retryAfterSeconds: 86_400,
    });
    expect(asked).toHaveLength(1);
  });
});

describe('a signal', () => {
  test('ends a call with its reason, and nothing is tried again', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const { client, asked } = clientWith(() => {
      controller.abort(reason);
      throw networkError();
    });

    expect(await errorOf(client.health({ signal: controller.signal }))).toBe(reason);
    expect(asked).toHaveLength(1);
  });
});

describe('a list', () => {
  test('goes through all pages, and fetches none before it is needed', async () => {
    const { client, asked } = clientWith(
      Response.json({ items: [{ versionId: '3' }, { versionId: '2' }], nextCursor: 'next page' }),
      Response.json({ items: [{ versionId: '1' }] }),
    );

    const versions = client.listVersions({ limit: 2 });
    await versions.next();
    const afterFirst = asked.length;
    const others = await itemsOf(versions);

    expect(afterFirst).toBe(1);
    expect(others.map(({ versionId }) => versionId)).toEqual(['2', '1']);
    expect(asked.map(({ url }) => url)).toEqual([
      'http://house.test/base/v1/versions?limit=2',
      'http://house.test/base/v1/versions?limit=2&cursor=next+page',
    ]);
  });
});

describe('a list of a service that means harm', () => {
  /** A page that names the next one, as often as it is asked for. */
  function endlessPages(cursorOf: (page: number) => unknown, items: readonly unknown[] = []) {
    let page = 0;
    const fetch = async () => Response.json({ items, nextCursor: cursorOf(++page) });
    const client = new StowageClient({ url: 'http://house.test', fetch, retry: FAST });
    return { client, pages: () => page };
  }

  test('ends where a page comes again', async () => {
    const { client, pages } = endlessPages((page) => (page > 5 ? 'c3' : `c${page}`));

    expect(await errorOf(itemsOf(client.listVersions()))).toMatchObject({ code: 'BAD_ANSWER' });
    expect(pages()).toBe(6);
  });

  test('ends after 10,000 pages', async () => {
    const { client, pages } = endlessPages((page) => `c${page}`);

    expect(await errorOf(itemsOf(client.listTokens()))).toMatchObject({ code: 'BAD_ANSWER' });
    expect(pages()).toBe(10_000);
  });

  test('ends where all pages together would fill the memory', async () => {
    const { client, pages } = endlessPages((page) => `c${page}`, ['x'.repeat(10 * 1024 * 1024)]);

    expect(await errorOf(itemsOf(client.listPackages('1')))).toMatchObject({ code: 'BAD_ANSWER' });
    expect(pages()).toBe(13);
  });

  test.each([{}, { items: 'many' }, null, []])('that is %j is no list', async (body) => {
    const { client } = clientWith(Response.json(body));

    expect(await errorOf(itemsOf(client.listVersions()))).toMatchObject({ code: 'BAD_ANSWER' });
  });
});

describe('a problem of a service that means harm', () => {
  test.each([
    ['a code that is no word', { code: { a: 1 }, detail: 'x' }],
    ['a code of our own language', { code: 'constructor', detail: 'x' }],
    ['a detail that is no text', { code: 'YANKED', detail: ['x'] }],
    ['nothing', null],
  ])('with %s is no problem of Stowage', async (_, body) => {
    const headers = { 'content-type': 'application/problem+json' };
    const { client } = clientWith(new Response(JSON.stringify(body), { status: 410, headers }));

    expect(await errorOf(client.health())).toMatchObject({ code: 'BAD_ANSWER', status: 410 });
  });

  test('is cut where it talks on', async () => {
    const body = { code: 'NEWER_CODE', detail: 'x'.repeat(9000), instance: 'y'.repeat(9000) };
    const headers = { 'content-type': 'application/problem+json' };
    const { client } = clientWith(new Response(JSON.stringify(body), { status: 410, headers }));

    const error = (await errorOf(client.health())) as StowageError;

    expect(error.code).toBe('NEWER_CODE');
    expect([error.message.length, error.requestId?.length]).toEqual([4003, 128]);
  });
});

describe('HEAD', () => {
  test('describes the bytes, or says by its status why there are none', async () => {
    const headers = { etag: '"x"', 'x-checksum-sha256': 'ab' };
    const { client } = clientWith(
      new Response(null, { headers }),
      new Response(null, { status: 410 }),
    );

    expect(await client.head('1', 'a.b')).toEqual({ etag: '"x"', sha256: 'ab' });
    expect(await errorOf(client.head('1', 'a.b'))).toMatchObject({ code: 'YANKED', status: 410 });
  });
});
