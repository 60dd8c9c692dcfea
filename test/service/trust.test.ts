/** Trusted publishing over HTTP, with an issuer that signs tokens: what is exchanged, and what is refused and why. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Authenticator } from '../../core/access/authenticator.ts';
import { FailedTokens } from '../../core/access/failed-tokens.ts';
import { OidcIssuers } from '../../storage/oidc/oidc-issuers.ts';
import { githubClaims, json, OidcIssuer, type Signing } from '../support/oidc-issuer.ts';
import { type Answer, House, PUBLIC_URL } from './house.ts';

let issuer: OidcIssuer;
let house: House;
let admin: string;
let allowPrivate: boolean;

beforeAll(async () => {
  issuer = await OidcIssuer.start();
});
afterAll(() => issuer.stop());

beforeEach(async () => {
  issuer.reset();
  allowPrivate = true;
  house = new House({
    idTokens: {
      verify: (...given) => open().verify(...given),
    },
  });
  let opened: OidcIssuers | undefined;
  const open = () => (opened ??= new OidcIssuers({ clock: () => house.now, allowPrivate }));
  admin = await house.token(['admin']);
});

const RULE = {
  name: 'releases',
  claims: {
    repository: 'acme/tool',
    job_workflow_ref: 'acme/tool/.github/workflows/release.yml@*',
    environment: 'prod',
    ref: 'refs/tags/*',
  },
  scopes: ['publish'],
  versions: '{ref_name#v}',
};

async function trust(rule: object = {}): Promise<Answer> {
  const body = { ...RULE, issuer: issuer.url, ...rule };
  return house.call('createTrustRule', { token: admin, body });
}

function claims(changed: object = {}): Record<string, unknown> {
  return { ...githubClaims(issuer.url, PUBLIC_URL, house.now), ...changed };
}

async function job(changed: object = {}, signing?: Signing): Promise<string> {
  return issuer.sign(claims(changed), signing);
}

async function exchange(token: string): Promise<Answer> {
  return house.call('exchangeToken', { body: { token } });
}

async function answerTo(token: string): Promise<string> {
  const { status, json } = await exchange(token);
  return `${status} ${json.detail}`;
}

const now = () => Math.floor(house.now.getTime() / 1000);

describe('a job whose claims match a rule', () => {
  beforeEach(() => trust());

  test.each(['RS256', 'ES256', 'ES384'] as const)('gets a token, signed by %s', async (alg) => {
    const answer = await exchange(await job({}, { alg }));

    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      scopes: ['publish'],
      versions: '1.4.0',
      expiresAt: '2026-11-22T12:15:00.000Z',
      expires_in: 900,
      access_token: answer.json.token,
      token_type: 'Bearer',
    });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test('publishes the version of its tag and no other, and the package says which job it was', async () => {
    const { token } = (await exchange(await job())).json;

    const pushed = await house.push(token, '1.4.0', { filename: 'tool.zip' }, 'bytes');
    const refused = await house.push(token, '1.5.0', { filename: 'tool.zip' }, 'bytes');

    expect(pushed.json.package.createdBy).toBe(
      'oidc:github:acme/tool@9f2c1d7e run 123'.replace('github', new URL(issuer.url).host),
    );
    expect([refused.status, refused.json.code]).toEqual([403, 'FORBIDDEN']);
  });

  test('may send the form of RFC 8693', async () => {
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await job(),
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };

    const answer = await house.call('exchangeToken', { text: String(form), headers, base64: true });

    expect([answer.status, answer.json.token_type]).toEqual([200, 'Bearer']);
  });

  test('may have an audience in a list of one', async () => {
    expect((await exchange(await job({ aud: [PUBLIC_URL] }))).status).toBe(200);
  });

  test('may have a clock that differs by a minute', async () => {
    const late = { iat: now() + 50, nbf: now() + 50 };
    expect((await exchange(await job(late))).status).toBe(200);
    expect((await exchange(await job({ exp: now() - 50 }))).status).toBe(200);
  });

  test('can revoke what it got', async () => {
    const { token } = (await exchange(await job())).json;

    await house.call('deleteOwnToken', { token });

    expect((await house.call('listVersions', { token })).status).toBe(401);
  });
});

describe('a token that is refused, and why', () => {
  beforeEach(() => trust());

  test.each<[string, object, Signing | undefined, RegExp]>([
    [
      'of another issuer',
      { iss: 'https://evil.example.com' },
      undefined,
      /no rule of this service trusts the issuer "https:\/\/evil\.example\.com"/,
    ],
    [
      'of the issuer with a slash',
      { iss: 'SLASH' },
      undefined,
      /no rule of this service trusts the issuer "http:.*\/"/,
    ],
    ['without an issuer', { iss: undefined }, undefined, /no JWT with an issuer/],
    [
      'for another audience',
      { aud: 'sts.amazonaws.com' },
      undefined,
      /claim aud must be "https:\/\/files\.example\.com" and nothing else.*sts\.amazonaws/,
    ],
    [
      'for two audiences',
      { aud: [PUBLIC_URL, 'sts.amazonaws.com'] },
      undefined,
      /claim aud must be .* and nothing else/,
    ],
    ['for this audience and a slash', { aud: `${PUBLIC_URL}/` }, undefined, /claim aud must be/],
    ['without an audience', { aud: undefined }, undefined, /claim aud is missing/],
    ['for an empty list of audiences', { aud: [] }, undefined, /claim aud must be/],
    ['that expired', { exp: 1_795_348_700 }, undefined, /it expired at 2026-11-22T11:58:20\.000Z/],
    ['that never expires', { exp: undefined }, undefined, /claim exp is missing/],
    [
      'that is valid later',
      { nbf: 1_795_348_900 },
      undefined,
      /it is valid from 2026-11-22T12:01:40\.000Z on/,
    ],
    [
      'from the future',
      { iat: 1_795_348_900 },
      undefined,
      /it was issued in the future, at 2026-11-22T12:01:40/,
    ],
    ['without a time', { iat: undefined }, undefined, /claim iat is missing/],
    ['of two days ago', { iat: 1_795_176_000 }, undefined, /it is older than 24h/],
    ['with an expiry that is text', { exp: 'tomorrow' }, undefined, /claim exp/],
    [
      'signed by an algorithm beside the list',
      {},
      { alg: 'PS256' },
      /its algorithm is "PS256", allowed: RS256, ES256, ES384/,
    ],
    ['with a key that the issuer does not have', {}, { kid: 'other' }, /has no key "other"/],
    [
      'with the id of a key of another algorithm',
      {},
      { header: { kid: 'ES256' } },
      /has no key "ES256"/,
    ],
    [
      'of a repository of somebody else',
      { repository: 'evil/tool', repository_owner: 'evil' },
      undefined,
      /no rule trusts this token: none for issuer .* is about its project/,
    ],
    [
      'of another repository',
      { repository: 'acme/other' },
      undefined,
      /rule "releases": claim repository must be "acme\/tool", the token has "acme\/other"/,
    ],
    [
      'of a repository that begins alike',
      { repository: 'acme/tool-2' },
      undefined,
      /claim repository must be "acme\/tool", the token has "acme\/tool-2"/,
    ],
    ['without a repository', { repository: undefined }, undefined, /none for issuer/],
    [
      'of another workflow',
      { job_workflow_ref: 'acme/tool/.github/workflows/test.yml@refs/tags/v1.4.0' },
      undefined,
      /claim job_workflow_ref must be "acme\/tool\/\.github\/workflows\/release\.yml@\*", the token has/,
    ],
    [
      'of a reusable workflow of somebody else',
      { job_workflow_ref: 'evil/flows/.github/workflows/release.yml@main' },
      undefined,
      /claim job_workflow_ref must be .*the token has "evil\/flows/,
    ],
    [
      'of another environment',
      { environment: 'test' },
      undefined,
      /claim environment must be "prod", the token has "test"/,
    ],
    [
      'of no environment',
      { environment: undefined },
      undefined,
      /claim environment must be "prod", the token has none/,
    ],
    [
      'of a branch',
      { ref: 'refs/heads/main', ref_type: 'branch' },
      undefined,
      /claim ref must be "refs\/tags\/\*", the token has "refs\/heads\/main"/,
    ],
    [
      'of a tag that is no version',
      { ref: 'refs/tags/release/1.4' },
      undefined,
      /the tag "release\/1\.4" can't be a version/,
    ],
    [
      'of a tag that is a pattern',
      { ref: 'refs/tags/v*' },
      undefined,
      /the tag "v\*" can't be a version/,
    ],
    ['of an empty tag', { ref: 'refs/tags/' }, undefined, /the tag "" can't be a version/],
    [
      'of a pull request from a fork',
      { event_name: 'pull_request_target' },
      undefined,
      /claim event_name must be "another event than pull_request_target and workflow_run"/,
    ],
    [
      'of a workflow that a stranger may start',
      { event_name: 'workflow_run' },
      undefined,
      /claim event_name must be/,
    ],
  ])('%s', async (what, changed, signing, why) => {
    const slash = what.includes('a slash') && 'iss' in changed ? { iss: `${issuer.url}/` } : {};

    const answer = await answerTo(await job({ ...changed, ...slash }, signing));

    expect(answer).toMatch(/^401 /);
    expect(answer).toMatch(why);
  });

  test.each([
    ['no signature', 'none', (signed: string) => signed.slice(0, signed.lastIndexOf('.') + 1)],
    ['HMAC by the public key', 'HS256', (signed: string) => signed],
  ])('with %s', async (_what, alg, change) => {
    const [, payload = ''] = (await job()).split('.');
    const header = Buffer.from(JSON.stringify({ alg, kid: 'RS256' })).toString('base64url');

    const answer = await answerTo(change(`${header}.${payload}.c2ln`));

    expect(answer).toMatch(
      new RegExp(`^401 .*its algorithm is "${alg}", allowed: RS256, ES256, ES384`),
    );
  });

  test('with a header that must be understood', async () => {
    const [, payload, signature] = (await job()).split('.');
    const header = { alg: 'RS256', kid: 'RS256', crit: ['x'], x: 1 };
    const text = Buffer.from(JSON.stringify(header)).toString('base64url');

    expect(await answerTo(`${text}.${payload}.${signature}`)).toMatch(
      /^401 .*"x" is not recognized/,
    );
  });

  test('whose claims were changed after it was signed', async () => {
    const [header, , signature] = (await job()).split('.');
    const payload = Buffer.from(JSON.stringify(claims({ sub: 'other' }))).toString('base64url');

    expect(await answerTo(`${header}.${payload}.${signature}`)).toMatch(
      /^401 .*it was not signed with the key of http:.* that it names/,
    );
  });

  test('signed with the key of another issuer under the same name', async () => {
    const other = await OidcIssuer.start();
    const token = await other.sign(claims());
    await other.stop();

    expect(await answerTo(token)).toMatch(/^401 .*it was not signed with the key/);
  });

  test.each(['jwk', 'jku'])('with a key of its own in the header %s', async (name) => {
    const other = await OidcIssuer.start();
    const place = name === 'jwk' ? other.jwks[0] : `${other.url}/jwks`;
    const token = await other.sign(claims(), { header: { [name]: place } });
    const reads = other.reads;

    expect(await answerTo(token)).toMatch(/^401 .*it was not signed with the key/);
    expect(other.reads).toBe(reads);
    await other.stop();
  });

  test('that does not say with which of two keys it was signed', async () => {
    await issuer.addKey('RS256', 'second');

    expect(await answerTo(await job({}, { kid: undefined }))).toMatch(
      /^401 .*it does not say with which key/,
    );
  });

  test('that was exchanged before, also with its signature written in another way', async () => {
    const token = await job();
    expect((await exchange(token)).status).toBe(200);

    expect(await answerTo(token)).toMatch(
      /^401 this token was exchanged before \(its jti was used\)/,
    );
    const { jti, ...nameless } = claims();
    const once = await issuer.sign(nameless, { alg: 'ES256' });
    expect((await exchange(once)).status).toBe(200);
    expect(await answerTo(`${once}=`)).toMatch(/^401 /);
    expect(jti).toBeDefined();
  });

  test('that was exchanged before, until it has expired and longer', async () => {
    const token = await job();
    await exchange(token);

    house.now = new Date(house.now.getTime() + 355_000);

    expect(await answerTo(token)).toMatch(/^401 this token was exchanged before/);
  });

  test('of a repository that took the name of the trusted one', async () => {
    expect((await exchange(await job())).status).toBe(200);

    const renamed = await answerTo(await job({ repository_id: '9999' }));
    const newOwner = await answerTo(await job({ repository_owner_id: '43' }));

    expect(renamed).toMatch(/^401 .*claim repository_id must be "4711", the token has "9999"/);
    expect(newOwner).toMatch(/^401 .*claim repository_owner_id must be "42", the token has "43"/);
  });

  test('of somebody who took the name of an owner all of whose repositories are trusted', async () => {
    await trust({ claims: { repository: 'beta/*', ref: 'refs/tags/*' } });
    const owned = { repository: 'beta/one', repository_owner: 'beta', repository_owner_id: '7' };
    const another = { ...owned, repository: 'beta/two', repository_id: '4712' };
    expect((await exchange(await job(owned))).status).toBe(200);
    expect((await exchange(await job(another))).status).toBe(200);

    expect(await answerTo(await job({ ...owned, repository_owner_id: '8' }))).toMatch(
      /^401 .*claim repository_owner_id must be "7", the token has "8"/,
    );
  });

  test('of two repositories with the same name at once: one is trusted', async () => {
    const [one, two] = [await job(), await job({ repository_id: '9999' })];

    const answers = await Promise.all([exchange(one), exchange(two)]);

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test('that is larger than any token', async () => {
    const answer = await exchange(await job({ padding: 'x'.repeat(16_384) }));

    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_INPUT']);
  });

  test.each(['', 'a.b', 'a.b.c.d', 'stw_abcdefgh_x', '..', `e30.${'!'.repeat(9)}.x`])(
    'that is no token: %j',
    async (text) => {
      const { status } = await exchange(text);

      expect(status).toBe(text === '' ? 400 : 401);
    },
  );
});

test('a refused exchange counts as a failed token, and too many get 429', async () => {
  const failedTokens = new FailedTokens(() => house.now, {
    perAddress: { burst: 2, perSecond: 0.001 },
    inAll: { burst: 10, perSecond: 0.001 },
  });
  const { idTokens, catalog } = house.services;
  const authenticator = new Authenticator(catalog, () => house.now, undefined, failedTokens);
  const strict = new House({ catalog, idTokens, authenticator });
  await trust();
  const body = { token: await job({ environment: 'test' }) };

  const statuses: number[] = [];
  for (let index = 0; index < 3; index++)
    statuses.push((await strict.call('exchangeToken', { body })).status);

  expect(statuses).toEqual([401, 401, 429]);
  expect(failedTokens.takeReport()).toMatchObject({ failed: 3, throttled: 1 });
  const good = await strict.call('exchangeToken', { body: { token: await job() } });
  expect(good.status).toBe(200);
});

describe('an issuer whose keys can not be read', () => {
  beforeEach(() => trust());

  test.each<[string, () => void, RegExp]>([
    [
      'leads elsewhere',
      () => {
        issuer.discovery = (to) => to.writeHead(302, { location: `${issuer.url}/other` }).end();
      },
      /answered 302, and redirects are not followed/,
    ],
    [
      'names another issuer',
      () => {
        issuer.discovery = (to) =>
          json(to, { issuer: 'https://other.example.com', jwks_uri: `${issuer.url}/jwks` });
      },
      /is of another issuer: \\*"https:\/\/other/,
    ],
    [
      'has no address of keys',
      () => {
        issuer.discovery = (to) => json(to, { issuer: issuer.url });
      },
      /has no jwks_uri/,
    ],
    [
      'has its keys on a host without TLS',
      () => {
        issuer.discovery = (to) =>
          json(to, { issuer: issuer.url, jwks_uri: 'http://keys.example.com/' });
      },
      /http:\/\/keys\.example\.com\/ must begin with https/,
    ],
    [
      'has too large a document',
      () => {
        issuer.discovery = (to) => json(to, { issuer: issuer.url, padding: 'x'.repeat(300_000) });
      },
      /has more than 262144 bytes/,
    ],
    [
      'has no keys',
      () => {
        issuer.jwks = [];
      },
      /holds no keys/,
    ],
    [
      'has keys that are no JSON',
      () => {
        issuer.keys = (to) => to.end('<html>');
      },
      /is no JSON/,
    ],
    [
      'fails',
      () => {
        issuer.keys = (to) => to.writeHead(500).end();
      },
      /answered 500/,
    ],
    [
      'is in a private network',
      () => {
        allowPrivate = false;
      },
      /must begin with https/,
    ],
  ])('%s', async (_what, change, why) => {
    change();

    const { status, json: problem } = await exchange(await job());

    expect(status).toBe(503);
    const causes = house.log().map((line) => JSON.stringify(line));
    expect(causes.join() + problem.detail).toMatch(why);
  });

  test('is asked once in a minute, however many tokens name unknown keys', async () => {
    await exchange(await job());
    for (let index = 0; index < 5; index++) await exchange(await job({}, { kid: `no-${index}` }));
    expect(issuer.reads).toBe(1);

    await issuer.addKey('RS256', 'new');
    house.now = new Date(house.now.getTime() + 61_000);
    expect((await exchange(await job({}, { kid: 'new' }))).status).toBe(200);
    expect(issuer.reads).toBe(2);
  });

  test('is trusted by its earlier keys for a day', async () => {
    await exchange(await job());
    issuer.keys = (to) => to.writeHead(500).end();

    house.now = new Date(house.now.getTime() + 23 * 3_600_000);
    expect((await exchange(await job())).status).toBe(200);
    house.now = new Date(house.now.getTime() + 2 * 3_600_000);
    expect((await exchange(await job())).status).toBe(503);
  });
});

describe('a rule', () => {
  test('is listed and removed, and the tokens that it made go with it', async () => {
    const { ruleId } = (await trust()).json;
    const { token } = (await exchange(await job())).json;
    const listed = (await house.call('listTrustRules', { token: admin })).json.items;
    expect(listed).toMatchObject([
      { ruleId, name: 'releases', pinned: { repository_id: '4711', repository_owner_id: '42' } },
    ]);

    const answer = await house.call('deleteTrustRule', { token: admin, path: { ruleId } });

    expect(answer.status).toBe(204);
    expect((await house.call('listVersions', { token })).status).toBe(401);
    expect(await answerTo(await job())).toMatch(/^401 no rule of this service trusts the issuer/);
  });

  test('goes with the token that made it', async () => {
    const maker = (
      await house.call('createToken', { token: admin, body: { name: 'm', scopes: ['admin'] } })
    ).json;
    const body = { ...RULE, issuer: issuer.url };
    await house.call('createTrustRule', { token: maker.token, body });
    const { token } = (await exchange(await job())).json;

    await house.call('deleteToken', { token: admin, path: { tokenId: maker.tokenId } });

    expect((await house.call('listVersions', { token })).status).toBe(401);
    expect((await house.call('listTrustRules', { token: admin })).json.items).toEqual([]);
  });

  test('lives no longer than the token that made it', async () => {
    const expiresAt = '2026-11-22T12:05:00.000Z';
    const maker = await house.token(['admin'], { expiresAt });
    await house.call('createTrustRule', { token: maker, body: { ...RULE, issuer: issuer.url } });

    expect((await exchange(await job())).json.expiresAt).toBe(expiresAt);
    house.now = new Date('2026-11-22T12:05:01.000Z');
    expect(await answerTo(await job())).toMatch(/^401 the rules for issuer .* expired/);
  });

  test('may take jobs of pull requests if it says so', async () => {
    await trust({ claims: { ...RULE.claims, event_name: ['push', 'workflow_run'] } });

    expect((await exchange(await job({ event_name: 'workflow_run' }))).status).toBe(200);
  });

  test.each<[string, object, RegExp]>([
    [
      'for GitHub without a repository',
      { issuer: 'https://token.actions.githubusercontent.com', claims: { ref_type: 'tag' } },
      /signs for all its users, so a rule for it must name one of repository/,
    ],
    [
      'for every repository of GitHub',
      {
        issuer: 'https://token.actions.githubusercontent.com',
        claims: { repository: '*', ref_type: 'tag' },
      },
      /without \* in the owner/,
    ],
    [
      'for Buildkite without its organization_id',
      { issuer: 'https://agent.buildkite.com', claims: { pipeline_slug: 'x', build_tag: '*' } },
      /must name organization_id/,
    ],
    [
      'with {ref_name} for branches too',
      { claims: { repository: 'acme/tool' } },
      /need a claim that allows tags only/,
    ],
    [
      'with {ref_name} for some branches',
      { claims: { repository: 'acme/tool', ref: ['refs/tags/*', 'refs/heads/v*'] } },
      /need a claim that allows tags only/,
    ],
    ['without claims', { claims: {} }, /must have 1 to 20 claims/],
    ['that administers', { scopes: ['admin'] }, /scopes/],
    ['for an hour and more', { lifetimeSeconds: 3601 }, /lifetimeSeconds/],
    ['for an issuer without TLS', { issuer: 'http://ci.example.com' }, /issuer must be the https/],
    ['for another placeholder', { versions: '{sha}' }, /versions may hold/],
  ])('%s is refused', async (_what, rule, why) => {
    const { status, json: problem } = await trust(rule);

    expect([status, problem.detail]).toEqual([400, expect.stringMatching(why)]);
  });

  test('of a limited token is within its limit', async () => {
    const limited = await house.token(['admin'], { versions: '1.*' });
    const create = (versions: string) =>
      house.call('createTrustRule', {
        token: limited,
        body: { ...RULE, issuer: issuer.url, versions },
      });

    expect((await create('{ref_name#v}')).status).toBe(403);
    expect((await create('1.{ref_name}')).status).toBe(201);
  });
});

test('the audience is the address of the service', async () => {
  expect((await house.call('getTrustAudience')).json).toEqual({ audience: PUBLIC_URL });
});
