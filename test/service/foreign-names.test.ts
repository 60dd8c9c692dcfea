/**
 * A token for some versions learns no name of another version, on no route, in no part of an
 * answer.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type OperationId, ROUTES } from '../../api/routes.ts';
import { parseChannelName, parseVersionId } from '../../core/names.ts';
import type { Scope } from '../../core/records.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import type { CallOptions } from './events.ts';
import { type Answer, House } from './house.ts';

/** Is in every name that the token may not see, and in nothing else. */
const MARK = 'hidden';
const OWN = ['mine-1', 'mine-2'] as const;
const OPERATIONS = Object.keys(ROUTES) as OperationId[];

interface Names {
  /** Versions that the token does not cover: each has a package, a token and a channel. */
  readonly foreign: readonly string[];
  readonly foreignChannels: readonly string[];
  readonly foreignTokens: readonly string[];
}

const foreignVersion = fc
  .stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,8}$/)
  .map((text) => `${text}${MARK}`);
const foreignVersions = fc.uniqueArray(foreignVersion, { minLength: 1, maxLength: 6 });
const scope = fc.constantFrom<Scope>('read', 'publish', 'release', 'admin');

async function catalogWith(
  foreign: readonly string[],
): Promise<{ readonly house: House; readonly names: Names }> {
  const house = new House();
  for (const [index, versionId] of [...foreign, ...OWN].entries()) {
    house.now = new Date(house.now.getTime() + 1000);
    await house.publish(versionId, 'tool.zip', `bytes of ${index}`);
  }
  const foreignChannels = foreign.map((_, index) => `channel-${index}`);
  const point = (channel: string, versionId: string) =>
    house.catalog.putChannel({
      channel: parseChannelName(channel),
      versionId: parseVersionId(versionId),
      updatedAt: house.now.toISOString(),
    });
  for (const [index, channel] of foreignChannels.entries())
    await point(channel, foreign[index] ?? '');
  await point('own', OWN[0]);
  const rolledOut = parseVersionId(foreign[0] ?? '');
  const at = house.now.toISOString();
  await house.catalog.putChannel({
    ...{ channel: parseChannelName('rolling'), versionId: parseVersionId(OWN[0]), updatedAt: at },
    rollout: {
      ...{ versionId: rolledOut, percent: 100, seed: `seed${MARK}` },
      ...{ startedAt: at, startedBy: 'root' },
    },
    triedVersions: [{ versionId: parseVersionId(foreign.at(-1) ?? ''), movedAt: at }],
  });
  for (const [index, versionId] of foreign.entries()) {
    await house.catalog.createLink({
      linkId: linkIdOf(index),
      secretSha256: sha256Of('secret'),
      versionId: parseVersionId(versionId),
      filename: 'tool.zip',
      expiresAt: '2026-12-01T00:00:00.000Z',
      createdAt: house.now.toISOString(),
      createdBy: 'root',
    });
  }
  const tokens = await Promise.all(
    foreign.map((versions) => house.token(['admin'], { versions, name: `for ${versions}` })),
  );
  const foreignTokens = tokens.map((token) => token.split('_')[1] ?? '');
  return { house, names: { foreign, foreignChannels, foreignTokens } };
}

function linkIdOf(index: number): string {
  return `link000${index}`;
}

const upload = { packageId: 'tool', ext: 'zip', size: 9, sha256: sha256Of('other one') };

const TRUST = {
  name: 'ci',
  issuer: 'https://ci.example.com',
  claims: { sub: 'mine' },
  scopes: ['publish'],
};

/**
 * Requests that name nothing foreign but channels and tokens. The compiler asks for each operation.
 */
const REQUESTS: Readonly<Record<OperationId, (names: Names) => readonly CallOptions[]>> = {
  createPackage: () => [
    { path: { versionId: OWN[0] }, body: upload },
    { path: { versionId: OWN[0] }, body: { ...upload, packageId: 'new' } },
  ],
  signParts: ownPackage({ partNumbers: [1] }),
  getUpload: ownPackage(),
  completeUpload: ownPackage({}),
  abortUpload: ownPackage(),
  checkNames: () => [
    { path: { versionId: OWN[0] }, body: { names: [{ filename: 'tool.zip', size: 9 }] } },
  ],
  putVersion: () => [
    { path: { versionId: OWN[0] }, body: { notes: 'own' } },
    { path: { versionId: 'mine-3' }, body: { draft: true } },
  ],
  sealVersion: () => [
    { path: { versionId: OWN[0] }, body: {} },
    { path: { versionId: 'mine-3' }, body: {} },
  ],
  createLink: () => [{ body: { versionId: OWN[0], filename: 'tool.zip' } }],
  listLinks: () => [{}],
  deleteLink: ({ foreign }) => foreign.map((_, index) => ({ path: { linkId: linkIdOf(index) } })),
  followLink: ({ foreign }) => foreign.map((_, index) => ({ path: { linkId: linkIdOf(index) } })),
  listPublicVersions: bothForms(() => [{}]),
  getIndex: bothForms(() => [{}]),
  getReleaseFeed: () => [{}],
  getPublicVersion: bothForms(() => [
    { path: { versionId: OWN[0] } },
    { path: { versionId: 'mine-3' } },
  ]),
  downloadForPlatform: everyChannel({ os: 'linux', arch: 'x64' }),
  getTauriUpdate: everyChannel({ target: 'linux', arch: 'x86_64', currentVersion: '0.0.0' }),
  getSquirrelMacUpdate: everyChannel({ arch: 'arm64', currentVersion: '0.0.0' }),
  yankVersion: () => [{ path: { versionId: OWN[1] }, body: {} }],
  restoreVersion: () => [{ path: { versionId: OWN[1] }, body: {} }],
  deleteVersion: () => [{ path: { versionId: OWN[1] }, body: {} }],
  getChannelRecord: everyChannel(),
  listVersions: () => [{}],
  getVersion: () => [{ path: { versionId: OWN[0] } }, { path: { versionId: 'mine-3' } }],
  listPackages: () => [{ path: { versionId: OWN[0] } }, { path: { versionId: 'mine-3' } }],
  getPackage: ownPackage(),
  findByDigest: ({ foreign }) =>
    foreign.map((_, index) => ({ path: { digest: `sha256:${sha256Of(`bytes of ${index}`)}` } })),
  createLinks: () => [{ path: { versionId: OWN[0] }, body: { packageIds: ['tool', 'other'] } }],
  downloadPackage: () =>
    ['tool.zip', 'other.zip'].map((file) => ({ path: { versionId: OWN[0], file } })),
  getSums: () => [{ path: { versionId: OWN[0] } }, { path: { versionId: 'mine-3' } }],
  getStatement: () => [{ path: { versionId: OWN[0] } }, { path: { versionId: 'mine-3' } }],
  getChannelStatement: everyChannel(),
  getReleaseKeys: () => [{}],
  getChannel: bothForms(everyChannel()),
  getChannelSums: everyChannel(),
  downloadFromChannel: everyChannel({ file: 'tool.zip' }),
  yankPackage: ownPackage({}),
  restorePackage: ownPackage({}),
  deletePackage: ownPackage(),
  listChannels: () => [{}],
  checkVersion: (names) => [
    { path: { versionId: OWN[0] }, body: {} },
    ...names.foreignChannels.map((channel) => ({ path: { versionId: OWN[0] }, body: { channel } })),
  ],
  getCheck: () => [{ path: { versionId: OWN[0], checkId: '0'.repeat(32) } }],
  putChannel: (names) => [
    ...everyChannel({}, { versionId: OWN[0] })(names),
    ...everyChannel({}, { versionId: OWN[1], expectedVersionId: OWN[0] })(names),
    ...everyChannel({}, { versionId: 'mine-3' })(names),
  ],
  putRollout: (names) => [
    ...everyChannel({}, { versionId: OWN[0], percent: 5 })(names),
    ...everyChannel({}, { versionId: OWN[1], percent: 5 })(names),
  ],
  completeRollout: everyChannel({}, {}),
  deleteRollout: everyChannel(),
  deleteChannel: everyChannel(),
  createToken: () => [
    { body: { name: 'x', scopes: ['read'] } },
    { body: { name: 'x', scopes: ['read'], versions: 'mine-*' } },
  ],
  listTokens: () => [{}],
  deleteToken: ({ foreignTokens }) => foreignTokens.map((tokenId) => ({ path: { tokenId } })),
  getOwnToken: () => [{}],
  deleteOwnToken: () => [{}],
  createTrustRule: () => [{ body: { ...TRUST, versions: 'mine-*' } }, { body: TRUST }],
  listTrustRules: () => [{}],
  listAudit: () => [{}],
  listAuditDays: () => [{}],
  getStorage: () => [{}],
  deleteTrustRule: () => [{ path: { ruleId: 'abcdefgh' } }],
  getTrustAudience: () => [{}],
  exchangeToken: () => [{ body: { token: 'a.e30.c' } }],
  getHealth: () => [{}],
  getSecurityContact: () => [{}],
  getReadiness: () => [{}],
  getOpenApi: () => [{}],
};

/** Each request as a program sends it, and as a browser does. */
function bothForms(requests: (names: Names) => readonly CallOptions[]) {
  return (names: Names): readonly CallOptions[] =>
    requests(names).flatMap((options) => [
      options,
      { ...options, headers: { accept: 'text/html' } },
    ]);
}

function ownPackage(body?: object): () => readonly CallOptions[] {
  return () =>
    ['tool', 'other'].map((packageId) => ({
      path: { versionId: OWN[0], packageId },
      ...(body === undefined ? {} : { body }),
    }));
}

function everyChannel(path: Readonly<Record<string, string>> = {}, body?: object) {
  return ({ foreignChannels }: Names): readonly CallOptions[] =>
    [...foreignChannels, 'own', 'rolling', 'none'].map((channel) => ({
      path: { channel, ...path },
      ...(body === undefined ? {} : { body }),
    }));
}

/** The link to the next page, in a page. */
const NEXT_PAGE = /\?cursor=([\w-]+)/;

/** Everything that an answer says, its cursor decoded; of a list, every page of one item. */
async function everythingSaid(
  house: House,
  operation: OperationId,
  options: CallOptions,
): Promise<string> {
  const isList = operation.startsWith('list');
  let said = '';
  for (let cursor: string | undefined, pages = 0; pages < 50; pages++) {
    const query = {
      ...(isList ? { limit: '1' } : {}),
      ...(cursor === undefined ? {} : { cursor }),
    };
    const headers = { ...options.headers, 'x-stowage-client-id': 'a client' };
    const answer = await house.call(operation, { ...options, headers, query });
    said += `${answer.status} ${JSON.stringify(answer.headers)} ${answer.text}\n`;
    cursor = answer.json?.nextCursor ?? NEXT_PAGE.exec(answer.text)?.[1];
    if (cursor === undefined) return said;
    said += `${Buffer.from(cursor, 'base64url').toString('latin1')}\n`;
  }
  throw new Error(`${operation} has no last page`);
}

test('no route names a version beyond the limit of the token', async () => {
  await fc.assert(
    fc.asyncProperty(foreignVersions, scope, async (foreign, granted) => {
      const { house, names } = await catalogWith(foreign);
      const token = await house.token([granted], { versions: 'mine-*' });

      for (const operation of OPERATIONS) {
        for (const options of REQUESTS[operation](names)) {
          const said = await everythingSaid(house, operation, { ...options, token });

          expect({ operation, options, said, isNamed: said.includes(MARK) }).toMatchObject({
            isNamed: false,
          });
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('a version beyond the limit is answered the same whether or not it exists', async () => {
  const { house } = await catalogWith([`one${MARK}`]);
  const token = await house.token(['admin'], { versions: 'mine-*' });
  const ask = async (operation: OperationId, versionId: string) => {
    const path = { versionId, packageId: 'tool', file: 'tool.zip', channel: 'fresh' };
    const bodies: Partial<Record<OperationId, object>> = {
      createPackage: upload,
      signParts: { partNumbers: [1] },
      createLinks: { packageIds: ['tool'] },
      putChannel: { versionId },
    };
    const body = bodies[operation];
    const answer = await house.call(operation, {
      path,
      token,
      ...(body === undefined ? {} : { body }),
    });
    return withoutName(answer, versionId);
  };
  const named = OPERATIONS.filter(
    (operation) => ROUTES[operation].path.includes('{versionId}') || operation === 'putChannel',
  );

  for (const operation of named) {
    const [existing, missing] = [
      await ask(operation, `one${MARK}`),
      await ask(operation, `two${MARK}`),
    ];

    expect({ operation, ...existing }).toEqual({ operation, ...missing });
    expect(existing.status).toBe(403);
  }
});

test('a channel that points beyond the limit is answered as one that does not exist', async () => {
  const { house } = await catalogWith([`one${MARK}`]);
  const token = await house.token(['read'], { versions: 'mine-*' });

  for (const operation of ['getChannel', 'getChannelSums', 'downloadFromChannel'] as const) {
    for (const method of ['GET', 'HEAD']) {
      const ask = async (channel: string) =>
        withoutName(
          await house.call(operation, { method, path: { channel, file: 'tool.zip' }, token }),
          channel,
        );
      const [foreign, missing] = [await ask('channel-0'), await ask('channel-9')];

      expect({ operation, ...foreign }).toEqual({ operation, ...missing });
      expect(foreign.status).toBe(404);
    }
  }
});

function withoutName({ status, headers, text }: Answer, name: string) {
  const [shownHeaders = '', shownText] = [JSON.stringify(headers), text].map((part) =>
    part.replaceAll(name, '?'),
  );
  return { status, headers: shownHeaders, text: shownText };
}
