/** The check of tokens while many of them fail. */

import { expect, test } from '@jest/globals';
import { hashSecret } from '../../core/access/access.ts';
import { Authenticator } from '../../core/access/authenticator.ts';
import { FailedTokens } from '../../core/access/failed-tokens.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import type { TokenRecord } from '../../core/records.ts';

const SECRET = 'A'.repeat(43);
const GOOD = `stw_good00000_${SECRET}`;
const RECORD = {
  tokenId: 'good00000',
  name: 'good',
  scopes: ['read'],
  secretSha256: hashSecret(SECRET),
  createdAt: '2026-11-22T12:00:00.000Z',
} as unknown as TokenRecord;
const NONE_MAY_FAIL = { perAddress: { burst: 0, perSecond: 0 }, inAll: { burst: 0, perSecond: 0 } };

/** An authenticator over a catalog that answers when it is let. */
function watched(limits = NONE_MAY_FAIL) {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const state = { now: 0, holds: false };
  const catalog = {
    getToken: async (tokenId: string) => {
      asked.push(tokenId);
      if (state.holds) await new Promise<void>((resolve) => waiting.push(resolve));
      return tokenId === RECORD.tokenId ? RECORD : undefined;
    },
  } as unknown as Catalog;
  const clock = () => new Date(state.now);
  const authenticator = new Authenticator(
    catalog,
    clock,
    undefined,
    new FailedTokens(clock, limits),
  );
  const answerOne = () => waiting.shift()?.();
  return { authenticator, asked, state, answerOne };
}

const unknown = (index: number) => `stw_unknown${String(index).padStart(5, '0')}_${SECRET}`;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a good token passes while every failed one is throttled, also one that must be looked up', async () => {
  const { authenticator } = watched();

  await expect(authenticator.authenticate(unknown(1), 'a')).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
  });
  await expect(authenticator.authenticate('malformed', 'a')).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
  });
  expect(await authenticator.authenticate(GOOD, 'a')).toMatchObject({ tokenId: 'good00000' });
  const wrong = GOOD.replace(/A$/, 'B');
  await expect(authenticator.authenticate(wrong, 'a')).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
  });
  expect(await authenticator.authenticate(GOOD, 'a')).toMatchObject({ tokenId: 'good00000' });
});

test('a request without a token is no failed token', async () => {
  const { authenticator } = watched();

  await expect(authenticator.authenticate(undefined, 'a')).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});

test('a tokenId that the catalog does not have is not looked up again for a while', async () => {
  const { authenticator, asked, state } = watched();

  for (let count = 0; count < 3; count++)
    await authenticator.authenticate(unknown(1), 'a').catch(() => {});
  expect(asked).toHaveLength(1);
  state.now += 10_000;
  await authenticator.authenticate(unknown(1), 'a').catch(() => {});
  expect(asked).toHaveLength(2);
});

test('the catalog is asked for a few tokens at a time, and each address has its turn', async () => {
  const { authenticator, asked, state, answerOne } = watched();
  state.holds = true;
  const flood = Array.from({ length: 200 }, (_, index) =>
    authenticator.authenticate(unknown(index), 'hostile').catch(() => {}),
  );
  const good = authenticator.authenticate(GOOD, 'friendly');
  await settled();
  expect(asked).toHaveLength(16);

  answerOne();
  answerOne();
  await settled();

  expect(asked.slice(16)).toContain(RECORD.tokenId);
  state.holds = false;
  for (let count = 0; count < 16; count++) answerOne();
  expect(await good).toMatchObject({ tokenId: 'good00000' });
  await Promise.all(flood);
});
