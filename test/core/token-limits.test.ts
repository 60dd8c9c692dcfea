/** The edges of what a token allows: how long it is trusted, what it may make, and what a caller reads who is refused. */
import { describe, expect, test } from '@jest/globals';
import {
  coversVersion,
  type Principal,
  parseToken,
  requireScope,
  requireVersion,
} from '../../core/access/access.ts';
import { Authenticator } from '../../core/access/authenticator.ts';
import { FailedTokens } from '../../core/access/failed-tokens.ts';
import { FairTurns } from '../../core/access/fair-turns.ts';
import { revokeToken } from '../../core/access/revoke-token.ts';
import { createToken, issueToken, listTokens } from '../../core/access/tokens.ts';
import { parseVersionId } from '../../core/names.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import { World } from './world.ts';

const admin: Principal = { tokenId: 'root', scopes: ['admin'] };
const limited: Principal = { tokenId: 'limited', scopes: ['read', 'publish'], versions: '1.*' };
const refusal = (code: string, message: string) => expect.objectContaining({ code, message });
const UNKNOWN = refusal(
  'UNAUTHENTICATED',
  'the bearer token is unknown, expired, revoked or malformed',
);

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

/** A world with one token, whose lookups are counted. */
async function withToken(more: { readonly expiresAt?: string } = {}) {
  const world = new World();
  const asked: string[] = [];
  const issued = issueToken({ name: 'x', scopes: ['read'], ...more }, 'root', world.now);
  await world.catalog.createToken(issued.record);
  const catalog = new Proxy<Catalog>(world.catalog, {
    get(target, name) {
      if (name !== 'getToken') return Reflect.get(target, name).bind(target);
      return (tokenId: string) => {
        asked.push(tokenId);
        return target.getToken(tokenId);
      };
    },
  });
  return { world, asked, ...issued, authenticator: new Authenticator(catalog, () => world.now) };
}

describe('a limit to versions', () => {
  test('covers what its pattern matches, and no limit covers all', () => {
    expect(coversVersion(limited, parseVersionId('1.2.0'))).toBe(true);
    expect(coversVersion(limited, parseVersionId('2.0.0'))).toBe(false);
    expect(coversVersion(admin, parseVersionId('2.0.0'))).toBe(true);
  });

  test('refuses any other version by name', () => {
    expect(() => requireVersion(limited, parseVersionId('1.2.0'))).not.toThrow();
    expect(thrownBy(() => requireVersion(limited, parseVersionId('2.0.0')))).toEqual(
      refusal('FORBIDDEN', 'this token is limited to versions matching 1.*, got 2.0.0'),
    );
  });
});

test('a scope that a token lacks is named, with those that it has', () => {
  expect(() => requireScope(limited, 'publish')).not.toThrow();
  expect(thrownBy(() => requireScope(limited, 'admin'))).toEqual(
    refusal('FORBIDDEN', 'this needs scope admin, the token has read, publish'),
  );
});

test.each([
  ['no prefix', `abcdefgh_${'A'.repeat(43)}`],
  ['text before it', `x stw_abcdefgh_${'A'.repeat(43)}`],
  ['an id of 33 characters', `stw_${'a'.repeat(33)}_${'A'.repeat(43)}`],
  ['a secret of 42 characters', `stw_abcdefgh_${'A'.repeat(42)}`],
  ['a secret with another character', `stw_abcdefgh_${'A'.repeat(42)}+`],
])('a text with %s is no token', (_what, text) => {
  expect(parseToken(text)).toBeUndefined();
});

test('a token has an id of 8 to 32 characters and a secret in base64url', () => {
  const secret = `${'aZ09-_'.repeat(7)}x`;
  for (const tokenId of ['abcdefg8', '0'.repeat(32)]) {
    expect(parseToken(`stw_${tokenId}_${secret}`)).toEqual({ tokenId, secret });
  }
});

describe('a token that is checked', () => {
  test('is read from the catalog once a minute, not each time', async () => {
    const { world, asked, token, authenticator } = await withToken();
    await authenticator.authenticate(token);
    world.pass(59.999);
    await authenticator.authenticate(token);
    expect(asked).toHaveLength(1);
    world.pass(0.001);

    await authenticator.authenticate(token);

    expect(asked).toHaveLength(2);
  });

  test('works until the moment at which it expires, and not at that moment', async () => {
    const { world, token, authenticator } = await withToken({
      expiresAt: '2026-01-02T03:04:10.000Z',
    });
    world.pass(4.999);
    expect(await authenticator.authenticate(token)).toMatchObject({ name: 'x' });
    world.pass(0.001);

    await expect(authenticator.authenticate(token)).rejects.toEqual(UNKNOWN);
  });

  test('is refused with the same words, whatever is wrong with it', async () => {
    const { record, authenticator } = await withToken();
    const secret = 'A'.repeat(43);

    for (const text of ['', `stw_${record.tokenId}_${secret}`, `stw_nobody000_${secret}`]) {
      await expect(authenticator.authenticate(text)).rejects.toEqual(UNKNOWN);
    }
    await expect(authenticator.authenticate(undefined)).rejects.toEqual(
      refusal('UNAUTHENTICATED', 'a bearer token is required'),
    );
  });

  test('is not looked up for ten seconds where it was unknown, unless it is made in this process', async () => {
    const { world, asked, record, token, authenticator } = await withToken();
    await world.catalog.deleteToken(record.tokenId);
    await expect(authenticator.authenticate(token)).rejects.toEqual(UNKNOWN);
    await world.catalog.createToken(record);
    world.pass(9.999);
    await expect(authenticator.authenticate(token)).rejects.toEqual(UNKNOWN);
    expect(asked).toHaveLength(1);

    authenticator.forget(record.tokenId);

    expect(await authenticator.authenticate(token)).toMatchObject({ tokenId: record.tokenId });
  });

  test('is refused as one of too many with words that say what to do', async () => {
    const { world } = await withToken();
    const limits = {
      perAddress: { burst: 0, perSecond: 0 },
      inAll: { burst: 0, perSecond: 0 },
    };
    const failures = new FailedTokens(() => world.now, limits);
    const authenticator = new Authenticator(world.catalog, () => world.now, undefined, failures);

    await expect(authenticator.authenticate('x')).rejects.toEqual(
      refusal(
        'TOO_MANY_REQUESTS',
        'too many requests with unknown, expired, revoked or malformed tokens; wait, and check the token',
      ),
    );
    expect(failures.takeReport()?.addresses).toEqual([{ address: '', failed: 1, throttled: 1 }]);
  });
});

describe('where nothing else is set', () => {
  const failing = () => {
    const time = { ms: 1_000_000 };
    const failures = new FailedTokens(() => new Date(time.ms));
    const allowed = (address: (index: number) => string, times: number) =>
      Array.from({ length: times }, (_, index) => failures.add(address(index))).filter(
        (answer) => answer === undefined,
      ).length;
    return { time, allowed };
  };

  test('an address may fail 60 times at once, then once a second', () => {
    const { time, allowed } = failing();

    expect(allowed(() => 'a', 100)).toBe(60);
    time.ms += 5000;
    expect(allowed(() => 'a', 100)).toBe(5);
    time.ms += 1_000_000;
    expect(allowed(() => 'a', 100)).toBe(60);
  });

  test('all addresses together may fail 600 times at once, then ten times a second', () => {
    const { time, allowed } = failing();

    expect(allowed((index) => `a${index}`, 1000)).toBe(600);
    time.ms += 2000;
    expect(allowed((index) => `b${index}`, 1000)).toBe(20);
  });

  test('the address that failed longest ago is forgotten where there are more than 10,000', () => {
    const time = { ms: 0 };
    const limits = {
      perAddress: { burst: 1, perSecond: 0 },
      inAll: { burst: 1_000_000, perSecond: 0 },
    };
    const failures = new FailedTokens(() => new Date(time.ms), limits);
    failures.add('first');
    failures.add('second');
    for (let index = 0; index < 9998; index++) failures.add(`a${index}`);
    // It failed again, and is not the one that failed longest ago.
    expect(failures.add('first')).toBeDefined();
    failures.add('one more');

    expect(failures.add('first')).toBeDefined();
    expect(failures.add('second')).toBeUndefined();
  });
});

describe('turns', () => {
  test('are taken by as many as may run at once, the others in the order of their addresses', async () => {
    const turns = new FairTurns(1);
    const order: string[] = [];
    const ends: (() => void)[] = [];
    const work = (name: string) => () =>
      new Promise<string>((resolve) => {
        order.push(name);
        ends.push(() => resolve(name));
      });
    const all = [
      turns.run('a', work('a1')),
      turns.run('a', work('a2')),
      turns.run('a', work('a3')),
      turns.run('b', work('b1')),
      turns.run('b', work('b2')),
    ];
    for (let end = 0; end < all.length; end++) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(order).toHaveLength(end + 1);
      ends[end]?.();
    }

    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
    expect(order).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
  });

  test('are given on by work that fails, and are free again afterwards', async () => {
    const turns = new FairTurns(1);
    const failed = turns.run('a', () => Promise.reject(new Error('away')));
    const next = turns.run('a', async () => 'next');

    await expect(failed).rejects.toThrow('away');
    expect(await next).toBe('next');
    expect(await turns.run('b', async () => 'later')).toBe('later');
  });
});

describe('a caller that makes a token', () => {
  async function making(maker: Principal) {
    const world = new World();
    const { record } = issueToken({ name: 'maker', scopes: ['admin'] }, 'root', world.now);
    await world.catalog.createToken({ ...record, ...maker });
    const authenticator = new Authenticator(world.catalog, () => world.now);
    return { world, deps: { ...world.deps, authenticator } };
  }

  test.each([
    [
      limited,
      { scopes: ['admin'], versions: '1.*' },
      "a token can't be broader than its maker, which has read, publish",
    ],
    [
      limited,
      { scopes: ['read', 'admin'], versions: '1.*' },
      "a token can't be broader than its maker, which has read, publish",
    ],
    [
      limited,
      { scopes: ['read'], versions: '2.*' },
      "versions must be within 1.*, the maker's own limit",
    ],
    [
      { ...admin, expiresAt: '2026-02-01T00:00:00.000Z' },
      { scopes: ['read'] },
      'expiresAt must be set, and not after 2026-02-01T00:00:00.000Z, when its maker expires',
    ],
  ] as const)('and has %j gets not %j, and reads why', async (maker, wanted, message) => {
    const { deps } = await making(maker);

    await expect(createToken(deps, maker, { name: 'x', ...wanted })).rejects.toEqual(
      refusal('FORBIDDEN', message),
    );
  });

  test('reads that an end in the past is refused', async () => {
    const { world, deps } = await making(admin);
    const expiresAt = world.now.toISOString();

    await expect(
      createToken(deps, admin, { name: 'x', scopes: ['read'], expiresAt }),
    ).rejects.toEqual(
      refusal('INVALID_INPUT', `expiresAt must be later than now, got ${expiresAt}`),
    );
  });

  test('may give it the end of its maker, in any offset, and each scope once', async () => {
    const maker = { ...admin, expiresAt: '2026-02-01T00:00:00.000Z' };
    const { world, deps } = await making(maker);

    const { record, token } = await createToken(deps, maker, {
      name: 'x',
      scopes: ['read', 'read', 'admin'],
      versions: '1.*',
      expiresAt: '2026-02-01T01:00:00+01:00',
    });

    expect(record).toEqual({
      tokenId: expect.stringMatching(/^[0-9a-f]{20}$/),
      secretSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      name: 'x',
      scopes: ['read', 'admin'],
      versions: '1.*',
      expiresAt: '2026-02-01T00:00:00.000Z',
      createdAt: world.now.toISOString(),
      createdBy: 'root',
      makers: ['root'],
    });
    expect(parseToken(token)?.tokenId).toBe(record.tokenId);
    expect(await world.catalog.getToken(record.tokenId)).toEqual(record);
  });

  test('reads where it was revoked, or where the id is taken', async () => {
    const { world, deps } = await making(admin);
    const wanted = { name: 'x', scopes: ['read'] } as const;
    const catalog = new Proxy<Catalog>(world.catalog, {
      get: (target, name) =>
        name === 'createToken' ? async () => false : Reflect.get(target, name).bind(target),
    });

    await expect(createToken({ ...deps, catalog }, admin, wanted)).rejects.toEqual(
      refusal('CONFLICT', 'a token with that id exists; ask again'),
    );
    await expect(createToken(deps, limited, { ...wanted, versions: '1.*' })).rejects.toEqual(
      refusal('UNAUTHENTICATED', 'the token that asks for this was revoked'),
    );
  });

  test.each([
    [498, true],
    [499, true],
    [500, false],
  ])('below %i others may make one more: %s', async (count, allowed) => {
    const { world, deps } = await making(admin);
    const makers = Array.from({ length: count }, (_, index) => `maker${index}`);
    const { record } = issueToken({ name: 'deep', scopes: ['admin'] }, 'm', world.now, makers);
    await world.catalog.createToken(record);

    const made = createToken(deps, record, { name: 'x', scopes: ['read'] });

    if (allowed) expect((await made).record.makers).toEqual([...makers, record.tokenId]);
    else
      await expect(made).rejects.toEqual(
        refusal(
          'FORBIDDEN',
          'there are 500 makers above this token already, which is the most; use a token that was made earlier',
        ),
      );
  });

  test('sees and revokes only what is within its own limit, and reads why', async () => {
    const { world, deps } = await making(admin);
    const { record } = issueToken({ name: 'far', scopes: ['read'] }, 'root', world.now);
    await world.catalog.createToken(record);

    expect((await listTokens(deps, limited, { limit: 10 })).items).toEqual([]);
    expect((await listTokens(deps, admin, { limit: 10 })).items).toContainEqual(record);
    await expect(
      revokeToken(deps, limited, record.tokenId, { keepChildren: false }),
    ).rejects.toEqual(refusal('FORBIDDEN', 'this token is limited to versions matching 1.*'));
    const ofSettings = new Authenticator(world.catalog, () => world.now, record);
    await expect(
      revokeToken({ ...deps, authenticator: ofSettings }, admin, record.tokenId, {
        keepChildren: false,
      }),
    ).rejects.toEqual(
      refusal(
        'CONFLICT',
        `token ${record.tokenId} is the one of ADMIN_TOKEN; change that setting to revoke it`,
      ),
    );
  });
});
