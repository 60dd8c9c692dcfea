/** Who is refused, in which order, and with what. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type OperationId, ROUTES, type Route } from '../../api/routes.ts';
import { MAX_BODY_BYTES } from '../../service/chain/json-body.ts';
import { methodNotAllowed, notFound } from '../../service/unrouted.ts';
import type { CallOptions } from './events.ts';
import { type Answer, type House, openHouse } from './house.ts';

let house: House;
let reader: string;
let publisher: string;

beforeEach(async () => {
  ({ house, reader, publisher } = await openHouse({
    securityContact: { contact: 'mailto:security@example.com' },
  }));
});

const outcome = ({ status, json }: Answer) => `${status} ${json?.code}`;
const create = async (options: CallOptions) =>
  outcome(await house.call('createPackage', { path: { versionId: '1.0.0' }, ...options }));
const wrongInput = { size: 0 };
const tooLong = `"${'x'.repeat(MAX_BODY_BYTES)}"`;

describe('the order of refusals', () => {
  test.each<[string, string, () => CallOptions]>([
    ['no token first', '401 UNAUTHENTICATED', () => ({ text: tooLong })],
    ['then the scope', '403 FORBIDDEN', () => ({ text: tooLong, token: reader })],
    [
      'then the media type',
      '415 UNSUPPORTED_MEDIA_TYPE',
      () => ({ text: tooLong, token: publisher }),
    ],
    [
      'then the size',
      '413 TOO_LARGE',
      () => ({ text: tooLong, token: publisher, headers: { 'content-type': 'application/json' } }),
    ],
    ['then the input', '400 INVALID_INPUT', () => ({ body: wrongInput, token: publisher })],
    [
      'a path that is no id is input too',
      '400 INVALID_INPUT',
      () => ({ path: { versionId: '..%2f' }, body: {}, token: publisher }),
    ],
    [
      'but only with a token',
      '401 UNAUTHENTICATED',
      () => ({ path: { versionId: '..%2f' }, body: {} }),
    ],
  ])('%s: %s', async (_, expected, options) => {
    expect(await create(options())).toBe(expected);
  });

  test('the state of things comes last', async () => {
    const path = { versionId: '1.0.0', packageId: 'none' };
    const body = { partNumbers: [0] };

    expect(outcome(await house.call('signParts', { token: publisher, path, body }))).toBe(
      '400 INVALID_INPUT',
    );
    expect(
      outcome(
        await house.call('signParts', { token: publisher, path, body: { partNumbers: [1] } }),
      ),
    ).toBe('404 NOT_FOUND');
  });
});

describe('tokens', () => {
  const withToken = async (token: string, headers?: Record<string, string>) =>
    outcome(await house.call('listVersions', headers === undefined ? { token } : { headers }));

  test('401 names the scheme, and not what was wrong', async () => {
    const answer = await house.call('listVersions', { token: 'stw_unknownid_'.padEnd(57, 'A') });

    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.json.detail).toBe('the bearer token is unknown, expired, revoked or malformed');
  });

  test.each([
    '',
    'x',
    'stw_',
    'stw_abc',
    `${'a'.repeat(10_000)}`,
    'stw_abcdefgh_short',
    'stw_ABCDEFGH_'.padEnd(56, 'A'),
  ])('malformed %#: 401', async (token) => {
    expect(await withToken(token)).toBe('401 UNAUTHENTICATED');
  });

  test('one character changed in the secret: 401', async () => {
    const last = reader.at(-1) === 'A' ? 'B' : 'A';
    expect(await withToken(reader.slice(0, -1) + last)).toBe('401 UNAUTHENTICATED');
  });

  test('another scheme, or two tokens in one header: 401', async () => {
    expect(await withToken('', { authorization: `Basic ${reader}` })).toBe('401 UNAUTHENTICATED');
    expect(await withToken('', { authorization: `Bearer ${reader},Bearer ${reader}` })).toBe(
      '401 UNAUTHENTICATED',
    );
  });

  test('the case of the scheme does not matter', async () => {
    expect(
      (await house.call('listVersions', { headers: { authorization: `bEARER ${reader}` } })).status,
    ).toBe(200);
  });

  test('an expired token: 401, also when it was good a moment ago', async () => {
    const token = await house.token(['read'], { expiresAt: '2026-11-22T12:00:10.000Z' });
    expect((await house.call('listVersions', { token })).status).toBe(200);

    house.now = new Date('2026-11-22T12:00:10.000Z');
    expect(await withToken(token)).toBe('401 UNAUTHENTICATED');
  });

  test('a token revoked elsewhere is refused after 60 s at most', async () => {
    expect((await house.call('listVersions', { token: reader })).status).toBe(200);
    await house.catalog.deleteToken(reader.split('_')[1] ?? '');

    house.now = new Date('2026-11-22T12:01:00.000Z');
    expect(await withToken(reader)).toBe('401 UNAUTHENTICATED');
  });

  test.each(Object.entries(ROUTES) as [OperationId, Route][])(
    '%s: no scope, no answer',
    async (id, { access }) => {
      const path = {
        versionId: '1.0.0',
        packageId: 'a',
        channel: 'stable',
        tokenId: 'abcdefgh',
        file: 'a.zip',
        linkId: 'abcdefgh',
        ruleId: 'abcdefgh',
        os: 'linux',
        arch: 'x64',
      };
      const statusWith = async (token?: string) =>
        (await house.call(id, { path: pick(id, path), token })).status;
      // A link for people has its own secret; the first page says how to sign in.
      const open = access === 'none' || id === 'getIndex';
      const withoutToken: Partial<Record<OperationId, number>> = {
        followLink: 404,
        exchangeToken: 400,
        getReleaseKeys: 501,
      };

      expect(await statusWith()).toBe(withoutToken[id] ?? (open ? 200 : 401));
      const releaser = await house.token(['release']);
      if (['publish', 'release', 'admin'].includes(access))
        expect(await statusWith(reader)).toBe(403);
      if (['release', 'admin'].includes(access)) expect(await statusWith(publisher)).toBe(403);
      if (access === 'admin') expect(await statusWith(releaser)).toBe(403);
    },
  );

  function pick(id: OperationId, all: Record<string, string>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(all).filter(([name]) => ROUTES[id].path.includes(`{${name}}`)),
    );
  }
});

describe('tokens that are limited to versions', () => {
  beforeEach(async () => {
    await house.publish('1.0.0', 'a.zip');
    await house.publish('2.0.0', 'a.zip');
    const admin = await house.token(['admin']);
    for (const versionId of ['1.0.0', '2.0.0']) {
      await house.call('putChannel', {
        token: admin,
        path: { channel: `v${versionId[0]}` },
        body: { versionId },
      });
    }
  });

  test('see, link to and follow their own versions only', async () => {
    const token = await house.token(['read'], { versions: '1.*' });
    const status = async (id: OperationId, path: Record<string, string>, body?: unknown) =>
      (await house.call(id, { token, path, body })).status;

    for (const [versionId, forbidden] of [
      ['1.0.0', false],
      ['2.0.0', true],
    ] as const) {
      const expected = (good: number) => (forbidden ? 403 : good);
      expect(await status('getVersion', { versionId })).toBe(expected(200));
      expect(await status('listPackages', { versionId })).toBe(expected(200));
      expect(await status('getPackage', { versionId, packageId: 'a' })).toBe(expected(200));
      expect(await status('createLinks', { versionId }, { packageIds: ['a'] })).toBe(expected(200));
      expect(await status('downloadPackage', { versionId, file: 'a.zip' })).toBe(expected(302));
      expect(await status('getSums', { versionId })).toBe(expected(200));
      const followed = (good: number) => (forbidden ? 404 : good);
      expect(await status('getChannel', { channel: `v${versionId[0]}` })).toBe(followed(200));
      expect(await status('getChannelSums', { channel: `v${versionId[0]}` })).toBe(followed(200));
      expect(
        await status('downloadFromChannel', { channel: `v${versionId[0]}`, file: 'a.zip' }),
      ).toBe(followed(302));
    }
    expect((await house.call('listVersions', { token })).json.items).toHaveLength(1);
  });

  test('point channels at their own versions only, and make no broader token', async () => {
    const token = await house.token(['admin'], {
      versions: '1.*',
      expiresAt: '2027-01-01T00:00:00.000Z',
    });
    const put = async (channel: string, versionId: string) =>
      outcome(await house.call('putChannel', { token, path: { channel }, body: { versionId } }));
    const make = async (body: object) =>
      (await house.call('createToken', { token, body: { name: 'x', ...body } })).status;
    const expiresAt = '2026-12-31T00:00:00Z';

    expect(await put('mine', '2.0.0')).toBe('403 FORBIDDEN');
    expect(await put('v2', '1.0.0')).toBe('403 FORBIDDEN');
    expect(await put('mine', '1.0.0')).toBe('200 undefined');
    expect(await make({ scopes: ['read'], expiresAt })).toBe(403);
    expect(await make({ scopes: ['read'], versions: '*', expiresAt })).toBe(403);
    expect(await make({ scopes: ['read'], versions: '1.0*' })).toBe(403);
    expect(
      await make({ scopes: ['read'], versions: '1.0*', expiresAt: '2027-06-01T00:00:00Z' }),
    ).toBe(403);
    expect(await make({ scopes: ['read'], versions: '1.0*', expiresAt })).toBe(201);
  });

  test('a versionId that is none is 400 for them too', async () => {
    const token = await house.token(['read'], { versions: '1.*' });
    expect(outcome(await house.call('getVersion', { token, path: { versionId: '1.\0' } }))).toBe(
      '400 INVALID_INPUT',
    );
  });
});

describe('bodies', () => {
  const post = async (options: CallOptions) =>
    house.call('yankPackage', {
      token: await house.token(['admin']),
      path: { versionId: '1', packageId: 'a' },
      ...options,
    });

  test('an empty body means {} and needs no type', async () => {
    expect(outcome(await post({}))).toBe('404 NOT_FOUND');
    expect(outcome(await post({ text: '', headers: { 'content-type': 'text/plain' } }))).toBe(
      '404 NOT_FOUND',
    );
  });

  test.each([
    undefined,
    'text/plain',
    'application/jsonp',
    'application/json, text/plain',
    'application/json; charset=latin1',
    'application/json; charset=utf-8; charset=utf-8',
    `application/json${' '.repeat(300)}`,
  ])('type %s: 415', async (type) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    expect(outcome(await post({ text: '{}', headers }))).toBe('415 UNSUPPORTED_MEDIA_TYPE');
  });

  test.each([
    'application/json',
    'application/json  ;  ',
    'Application/JSON; charset=UTF-8',
    'application/json;charset="utf-8"',
    'application/json ; charset=utf-8 ; ',
  ])('type %s is taken', async (type) => {
    expect(outcome(await post({ text: '{}', headers: { 'content-type': type } }))).toBe(
      '404 NOT_FOUND',
    );
  });

  test('a compressed body: 415', async () => {
    expect(outcome(await post({ body: {}, headers: { 'content-encoding': 'gzip' } }))).toBe(
      '415 UNSUPPORTED_MEDIA_TYPE',
    );
  });

  test('one byte more than the limit: 413; as many as the limit: taken', async () => {
    const padded = (bytes: number) => `{}${' '.repeat(bytes - 2)}`;
    const headers = { 'content-type': 'application/json' };
    for (const base64 of [false, true]) {
      expect(outcome(await post({ text: padded(MAX_BODY_BYTES), headers, base64 }))).toBe(
        '404 NOT_FOUND',
      );
      expect(outcome(await post({ text: padded(MAX_BODY_BYTES + 1), headers, base64 }))).toBe(
        '413 TOO_LARGE',
      );
    }
    expect(outcome(await post({ text: `"${'é'.repeat(MAX_BODY_BYTES / 2)}"`, headers }))).toBe(
      '413 TOO_LARGE',
    );
  });

  test('a body that the host left out for its declared length: 413, or 415', async () => {
    const length = { 'content-length': String(20 * 1024 * 1024) };
    expect(
      outcome(await post({ headers: { ...length, 'content-type': 'application/json' } })),
    ).toBe('413 TOO_LARGE');
    expect(outcome(await post({ headers: length }))).toBe('415 UNSUPPORTED_MEDIA_TYPE');
  });

  test('an operation without fields refuses a body with some', async () => {
    const token = await house.token(['admin']);
    const path = { versionId: '1', packageId: 'a' };
    expect(outcome(await house.call('deletePackage', { token, path, body: { reason: 'x' } }))).toBe(
      '400 INVALID_INPUT',
    );
    expect(outcome(await house.call('deletePackage', { token, path, body: {} }))).toBe(
      '404 NOT_FOUND',
    );
  });
});

describe('what no route takes', () => {
  test('an unknown path is a logged 404 problem', async () => {
    const answer = await house.invoke(notFound(house.services), {
      route: `/${'x'.repeat(10_000)}`,
    });

    expect(outcome(answer)).toBe('404 NOT_FOUND');
    expect(answer.json.detail.length).toBeLessThan(200);
    expect(house.log()).toMatchObject([{ operation: 'fallback', status: 404 }]);
  });

  test('a wrong method is a logged 405 problem that names the right ones', async () => {
    const handler = methodNotAllowed(house.services, ['GET', 'HEAD']);
    const answer = await house.invoke(handler, { method: 'PATCH', route: '/healthz' });

    expect(outcome(answer)).toBe('405 METHOD_NOT_ALLOWED');
    expect(answer.headers['allow']).toBe('GET, HEAD');
    expect(house.log()).toMatchObject([
      { operation: 'methodNotAllowed', method: 'PATCH', status: 405 },
    ]);
  });
});
