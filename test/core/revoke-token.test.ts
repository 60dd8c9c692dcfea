/** Revoking a token: it takes along what it made, or leaves that to the makers above it. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Principal } from '../../core/access/access.ts';
import { Authenticator } from '../../core/access/authenticator.ts';
import { revokeToken } from '../../core/access/revoke-token.ts';
import { createToken, issueToken, type TokenDeps } from '../../core/access/tokens.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import { createTrustRule } from '../../core/trust/rules.ts';
import { MemoryCatalog } from '../../storage/memory/memory-catalog.ts';

const NOW = new Date('2026-01-02T03:04:05.000Z');
const REVOKE = { keepChildren: false };
const KEEP = { keepChildren: true };
const unauthenticated = expect.objectContaining({ code: 'UNAUTHENTICATED' });

/** Tokens named by what made them: `a` made `ab`, which made `abc`. */
class Family {
  readonly catalog = new MemoryCatalog();
  readonly authenticator = new Authenticator(this.catalog, () => NOW);
  readonly deps = this.depsOf(this.catalog);

  depsOf(catalog: Catalog): TokenDeps {
    return { catalog, clock: () => NOW, authenticator: this.authenticator };
  }

  /** As a first start, or `token create --stack`, makes one. */
  async root(name: string): Promise<Principal> {
    const { record } = issueToken({ name, scopes: ['admin'] }, 'stowage', NOW);
    await this.catalog.createToken(record);
    return record;
  }

  async child(maker: Principal, name: string, versions?: string): Promise<Principal> {
    return (await createToken(this.deps, maker, { name, scopes: ['admin'], versions })).record;
  }

  /** As an earlier release made them: it kept the name of the maker alone. */
  async oldChild(maker: Principal, name: string): Promise<Principal> {
    const { makers: _, ...record } = issueToken(
      { name, scopes: ['admin'] },
      maker.tokenId,
      NOW,
    ).record;
    await this.catalog.createToken(record);
    return record;
  }

  async alive(): Promise<readonly string[]> {
    return (await this.catalog.allTokens()).map(({ name }) => name).sort();
  }
}

describe('revoking a token', () => {
  test('revokes whatever it made, directly or not, and nothing else', async () => {
    const family = new Family();
    const [a, other] = [await family.root('a'), await family.root('other')];
    const ab = await family.child(a, 'ab');
    const abc = await family.child(ab, 'abc');
    await family.child(abc, 'abcd');
    await family.child(a, 'ax');
    await family.child(other, 'other-child');

    const revoked = await revokeToken(family.deps, a, ab.tokenId, REVOKE);

    expect(await family.alive()).toEqual(['a', 'ax', 'other', 'other-child']);
    expect(revoked).toHaveLength(3);
  });

  test('reaches tokens that an earlier release made', async () => {
    const family = new Family();
    const a = await family.root('a');
    const ab = await family.oldChild(a, 'ab');
    await family.oldChild(ab, 'abc');
    await family.child(ab, 'abd');

    await revokeToken(family.deps, a, a.tokenId, REVOKE);

    expect(await family.alive()).toEqual([]);
  });

  test('is in force at once in this process, for all of them', async () => {
    const family = new Family();
    const a = await family.root('a');
    const ab = await family.child(a, 'ab');
    const made = await createToken(family.deps, ab, { name: 'abc', scopes: ['read'] });
    await family.authenticator.authenticate(made.token);

    await revokeToken(family.deps, a, ab.tokenId, REVOKE);

    await expect(family.authenticator.authenticate(made.token)).rejects.toEqual(unauthenticated);
  });

  test.each([
    ['revokes', REVOKE, []],
    ['hands over', KEEP, ['job']],
  ] as const)(
    '%s a token that a job got by a rule while the rule was settled',
    async (_, revocation, left) => {
      const family = new Family();
      const a = await family.root('a');
      const rule = await createTrustRule(family.deps, a, {
        ...{ name: 'rule', issuer: 'https://ci.example', claims: { sub: 'x' } },
        ...{ scopes: ['publish'], lifetimeSeconds: 900 },
      });
      const { makers, ruleId } = rule;
      const exchange = async () => {
        const wanted = { name: 'job', scopes: ['publish'] } as const;
        await family.catalog.createToken(
          issueToken(wanted, ruleId, NOW, [...makers, ruleId]).record,
        );
      };
      const racing = wrapped(family.catalog, {
        deleteTrustRule: async (id) => {
          await exchange();
          await family.catalog.deleteTrustRule(id);
        },
        setTrustRuleMakers: async (id, others) => {
          await exchange();
          return family.catalog.setTrustRuleMakers(id, others);
        },
      });

      await revokeToken(family.depsOf(racing), a, a.tokenId, revocation);

      expect(await family.alive()).toEqual(left);
      const tokens = await family.catalog.allTokens();
      expect(tokens.flatMap((token) => token.makers ?? [])).not.toContain(a.tokenId);
    },
  );

  test('is in force at once, also for a request that was reading the token at that moment', async () => {
    const family = new Family();
    const a = await family.root('a');
    const { record, token } = await createToken(family.deps, a, { name: 'ab', scopes: ['read'] });
    let wasRevoked = false;
    const racing = wrapped(family.catalog, {
      getToken: async (tokenId) => {
        const read = await family.catalog.getToken(tokenId);
        if (!wasRevoked && tokenId === record.tokenId) {
          wasRevoked = true;
          await revokeToken({ ...family.deps, authenticator }, a, tokenId, REVOKE);
        }
        return read;
      },
    });
    const authenticator = new Authenticator(racing, () => NOW);

    await authenticator.authenticate(token);

    await expect(authenticator.authenticate(token)).rejects.toEqual(unauthenticated);
  });

  test('may be repeated, and by a limited admin reaches no token beyond the limit', async () => {
    const family = new Family();
    const a = await family.root('a');
    const limited = await family.child(a, 'limited', '1.*');
    const gone = await family.oldChild(a, 'gone');
    await family.oldChild(gone, 'orphan');
    await family.catalog.deleteToken(gone.tokenId);

    await revokeToken(family.deps, limited, gone.tokenId, REVOKE);
    expect(await family.alive()).toEqual(['a', 'limited', 'orphan']);
    await revokeToken(family.deps, a, gone.tokenId, REVOKE);

    expect(await family.alive()).toEqual(['a', 'limited']);
  });

  test('that breaks off anywhere is finished by the next try', async () => {
    for (let fault = 0; fault < 5; fault++) {
      const family = new Family();
      const a = await family.root('a');
      const ab = await family.oldChild(a, 'ab');
      const abc = await family.oldChild(ab, 'abc');
      await family.oldChild(abc, 'abcd');
      await family.oldChild(a, 'ax');
      let deletes = 0;
      const broken = wrapped(family.catalog, {
        deleteToken: async (tokenId) => {
          if (deletes++ === fault) throw new Error('the catalog is away');
          await family.catalog.deleteToken(tokenId);
        },
      });

      await expect(revokeToken(family.depsOf(broken), a, a.tokenId, REVOKE)).rejects.toThrow(
        'away',
      );
      expect(await family.alive()).toContain('a');
      await revokeToken(family.deps, a, a.tokenId, REVOKE);

      expect(await family.alive()).toEqual([]);
    }
  });
});

describe('a maker that is revoked while it makes a token', () => {
  test('leaves none behind when the token was there first', async () => {
    const family = new Family();
    const a = await family.root('a');
    let looks = 0;
    const racing = wrapped(family.catalog, {
      allTokens: async () => {
        const seen = await family.catalog.allTokens();
        // After the first look, and before the maker is removed.
        if (looks++ === 0) await family.child(a, 'late');
        return seen;
      },
    });

    await revokeToken(family.depsOf(racing), a, a.tokenId, REVOKE);

    expect(await family.alive()).toEqual([]);
  });

  test('gets no token when it was gone first', async () => {
    const family = new Family();
    const a = await family.root('a');
    const racing = wrapped(family.catalog, {
      createToken: async (record) => {
        await revokeToken(family.deps, a, a.tokenId, REVOKE);
        return family.catalog.createToken(record);
      },
    });

    const made = createToken(family.depsOf(racing), a, { name: 'late', scopes: ['read'] });

    await expect(made).rejects.toEqual(unauthenticated);
    expect(await family.alive()).toEqual([]);
  });

  test('makes none where it was revoked elsewhere, and this process has not noticed yet', async () => {
    const family = new Family();
    const a = await family.root('a');
    await family.catalog.deleteToken(a.tokenId);

    const made = createToken(family.deps, a, { name: 'late', scopes: ['read'] });

    await expect(made).rejects.toEqual(unauthenticated);
    expect(await family.alive()).toEqual([]);
  });
});

test('what ADMIN_TOKEN made lives on when that setting changes, until its old tokenId is revoked', async () => {
  const family = new Family();
  const { record: ofSettings } = issueToken(
    { name: 'ADMIN_TOKEN', scopes: ['admin'] },
    'stowage',
    NOW,
  );
  const authenticator = new Authenticator(family.catalog, () => NOW, ofSettings);
  const before = { ...family.deps, authenticator };
  await createToken(before, ofSettings, { name: 'child', scopes: ['read'] });
  const conflict = expect.objectContaining({ code: 'CONFLICT' });
  await expect(revokeToken(before, ofSettings, ofSettings.tokenId, REVOKE)).rejects.toEqual(
    conflict,
  );
  expect(await family.alive()).toEqual(['child']);

  await revokeToken(family.deps, await family.root('a'), ofSettings.tokenId, REVOKE);

  expect(await family.alive()).toEqual(['a']);
});

describe('revoking a token and keeping what it made', () => {
  test.each(['child', 'oldChild'] as const)('hands them to the maker above (%s)', async (make) => {
    const family = new Family();
    const a = await family.root('a');
    const ab = await family[make](a, 'ab');
    const abc = await family[make](ab, 'abc');
    await family[make](abc, 'abcd');

    await revokeToken(family.deps, a, ab.tokenId, KEEP);
    expect(await family.alive()).toEqual(['a', 'abc', 'abcd']);
    await revokeToken(family.deps, a, ab.tokenId, REVOKE);
    expect(await family.alive()).toEqual(['a', 'abc', 'abcd']);
    await revokeToken(family.deps, a, a.tokenId, REVOKE);

    expect(await family.alive()).toEqual([]);
  });

  test('keeps their own children with them', async () => {
    const family = new Family();
    const a = await family.root('a');
    const ab = await family.child(a, 'ab');
    const abc = await family.child(ab, 'abc');
    await family.child(abc, 'abcd');
    await revokeToken(family.deps, a, ab.tokenId, KEEP);

    await revokeToken(family.deps, a, abc.tokenId, REVOKE);

    expect(await family.alive()).toEqual(['a']);
  });
});

test('after any order of revoking, exactly the tokens are left that have no revoked token above them', async () => {
  const tree = fc.array(fc.record({ maker: fc.nat(), isOld: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  });
  const steps = fc.array(fc.record({ which: fc.nat(), keepChildren: fc.boolean() }), {
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(tree, steps, async (made, revocations) => {
      const family = new Family();
      const tokens: Principal[] = [await family.root('0')];
      const above: number[][] = [[]];
      for (const [index, { maker, isOld }] of made.entries()) {
        const at = maker % tokens.length;
        const parent = tokens[at];
        if (parent === undefined) throw new Error('the maker is one of those before');
        tokens.push(
          await (isOld
            ? family.oldChild(parent, `${index + 1}`)
            : family.child(parent, `${index + 1}`)),
        );
        above.push([...(above[at] ?? []), at]);
      }
      let alive = tokens.map((_, index) => index);
      for (const { which, keepChildren } of revocations) {
        const at = alive[which % alive.length];
        if (at === undefined) break;
        await revokeToken(
          family.deps,
          { tokenId: 'x', scopes: ['admin'] },
          tokens[at]?.tokenId ?? '',
          {
            keepChildren,
          },
        );
        alive = alive.filter((one) => one !== at && (keepChildren || !above[one]?.includes(at)));
      }

      expect(await family.alive()).toEqual(alive.map(String).sort());
    }),
    { numRuns: 200 },
  );
});

function wrapped(catalog: MemoryCatalog, methods: Partial<Catalog>): Catalog {
  return new Proxy<Catalog>(catalog, {
    get: (target, name) => methods[name as keyof Catalog] ?? Reflect.get(target, name).bind(target),
  });
}
