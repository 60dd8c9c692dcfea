/** Tokens, channels, yanking and deleting: what a caller's limits allow, and what repeating does. */

import { describe, expect, test } from '@jest/globals';
import type { Principal } from '../../core/access/access.ts';
import { Authenticator } from '../../core/access/authenticator.ts';
import { revokeToken } from '../../core/access/revoke-token.ts';
import { createToken, issueToken, listTokens, type TokenDeps } from '../../core/access/tokens.ts';
import { deletePackage, restorePackage, yankPackage } from '../../core/lifecycle/lifecycle.ts';
import { parseChannelName, parsePackageId, parseVersionId } from '../../core/names.ts';
import { deleteChannel, listChannels, putChannel } from '../../core/reading/channels.ts';
import { signLinks } from '../../core/reading/links.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { ref, singleRequest, World } from './world.ts';

const refused = (code: string) => expect.objectContaining({ code });
const admin: Principal = { tokenId: 'root', scopes: ['admin'] };
const limited: Principal = { tokenId: 'limited', scopes: ['admin'], versions: '1.*' };
const stable = parseChannelName('stable');
const REVOKE = { keepChildren: false };
const version = parseVersionId;

/** What makes and revokes tokens, in a catalog that knows the callers of these tests. */
async function tokenDepsOf(
  world: World,
): Promise<TokenDeps & { readonly authenticator: Authenticator }> {
  for (const { tokenId } of [admin, limited]) {
    const { record } = issueToken({ name: tokenId, scopes: ['admin'] }, 'stowage', world.now);
    await world.catalog.createToken({ ...record, tokenId });
  }
  return { ...world.deps, authenticator: new Authenticator(world.catalog, () => world.now) };
}

async function published(): Promise<World> {
  const world = new World();
  await world.send(singleRequest(await world.create('bytes')), 'bytes');
  await completeUpload(world.deps, ref);
  return world;
}

describe('a token', () => {
  test.each([
    ['a broader scope', { tokenId: 'p', scopes: ['publish'] }, { scopes: ['admin'] }],
    ['more versions', limited, { scopes: ['read'], versions: '*' }],
    ['all versions', limited, { scopes: ['read'] }],
    [
      'a longer life',
      { ...admin, expiresAt: '2026-02-01T00:00:00.000Z' },
      { scopes: ['read'], expiresAt: '2026-02-01T00:00:01Z' },
    ],
    ['no end', { ...admin, expiresAt: '2026-02-01T00:00:00.000Z' }, { scopes: ['read'] }],
  ] as const)('can not make one with %s than its own', async (_, maker, wanted) => {
    const world = new World();

    const deps = await tokenDepsOf(world);

    await expect(createToken(deps, maker, { name: 'x', ...wanted })).rejects.toEqual(
      refused('FORBIDDEN'),
    );

    expect((await world.catalog.allTokens()).map(({ name }) => name)).not.toContain('x');
  });

  test('that expires in the past is not made', async () => {
    const world = new World();
    const deps = await tokenDepsOf(world);
    const wanted = { name: 'x', scopes: ['read'], expiresAt: world.now.toISOString() } as const;

    await expect(createToken(deps, admin, wanted)).rejects.toEqual(refused('INVALID_INPUT'));
  });

  test('within its limit a limited admin makes, sees and revokes; beyond it nothing', async () => {
    const world = new World();
    const deps = await tokenDepsOf(world);
    const { authenticator } = deps;
    const own = await createToken(deps, limited, {
      name: 'own',
      scopes: ['read'],
      versions: '1.2.*',
    });
    const foreign = await createToken(deps, admin, {
      name: 'foreign',
      scopes: ['read'],
      versions: '2.*',
    });

    expect((await listTokens(deps, limited, { limit: 10 })).items).toEqual([own.record]);
    await expect(revokeToken(deps, limited, foreign.record.tokenId, REVOKE)).rejects.toEqual(
      refused('FORBIDDEN'),
    );
    await authenticator.authenticate(own.token);
    await revokeToken(deps, limited, own.record.tokenId, REVOKE);
    await revokeToken(deps, limited, own.record.tokenId, REVOKE);

    await expect(authenticator.authenticate(own.token)).rejects.toEqual(refused('UNAUTHENTICATED'));
    expect((await authenticator.authenticate(foreign.token)).versions).toBe('2.*');
  });

  test('that was revoked elsewhere is refused within a minute', async () => {
    const world = new World();
    const deps = await tokenDepsOf(world);
    const { authenticator } = deps;
    const { record, token } = await createToken(deps, admin, { name: 'x', scopes: ['read'] });
    await authenticator.authenticate(token);
    await world.catalog.deleteToken(record.tokenId);
    world.pass(60);

    await expect(authenticator.authenticate(token)).rejects.toEqual(refused('UNAUTHENTICATED'));
  });

  test('of the settings is known without the catalog, and only the settings take it away', async () => {
    const world = new World();
    const { record, token } = issueToken(
      { name: 'ADMIN_TOKEN', scopes: ['admin'] },
      'settings',
      world.now,
    );
    const authenticator = new Authenticator(world.catalog, () => world.now, record);

    expect((await authenticator.authenticate(token)).tokenId).toBe(record.tokenId);
    const deps = { ...world.deps, authenticator };
    await expect(revokeToken(deps, admin, record.tokenId, REVOKE)).rejects.toEqual(
      refused('CONFLICT'),
    );
  });
});

describe('a channel', () => {
  async function twoVersions(): Promise<World> {
    const world = await published();
    await world.catalog.createPackage({
      ...(await world.create('bytes')).record,
      versionId: version('2.0.0'),
      attemptId: 'other',
    });
    return world;
  }

  test('points only at a version that exists, and moves only from where it is expected', async () => {
    const world = await twoVersions();

    await expect(
      putChannel(world.deps, admin, stable, { versionId: version('9') }),
    ).rejects.toEqual(refused('NOT_FOUND'));
    await putChannel(world.deps, admin, stable, { versionId: version('1.0.0') });
    const wrong = putChannel(world.deps, admin, stable, {
      versionId: version('2.0.0'),
      expectedVersionId: version('2.0.0'),
    });
    await expect(wrong).rejects.toEqual(refused('CONFLICT'));
    const moved = await putChannel(world.deps, admin, stable, {
      versionId: version('2.0.0'),
      expectedVersionId: version('1.0.0'),
    });

    expect(await world.catalog.getChannel(stable)).toEqual(moved);
  });

  test('beyond the limit of a token is neither seen, moved nor deleted by it', async () => {
    const world = await twoVersions();
    await putChannel(world.deps, admin, stable, { versionId: version('2.0.0') });

    expect((await listChannels(world.deps, limited, { limit: 10 })).items).toEqual([]);
    const taken = putChannel(world.deps, limited, stable, { versionId: version('1.0.0') });
    await expect(taken).rejects.toEqual(refused('FORBIDDEN'));
    await expect(deleteChannel(world.deps, limited, stable)).rejects.toEqual(refused('FORBIDDEN'));
    const beyond = putChannel(world.deps, limited, parseChannelName('beta'), {
      versionId: version('2.0.0'),
    });
    await expect(beyond).rejects.toEqual(refused('FORBIDDEN'));

    const named = putChannel(world.deps, limited, parseChannelName('beta'), {
      versionId: version('1.0.0'),
      expectedVersionId: version('2.0.0'),
    });
    await expect(named).rejects.toEqual(refused('FORBIDDEN'));

    expect(await world.catalog.getChannel(stable)).toMatchObject({ versionId: '2.0.0' });
  });

  test('moved beyond the limit at the same moment is not moved back, and its version stays unsaid', async () => {
    const world = await twoVersions();
    const moveFirst = async () => {
      const record = {
        channel: stable,
        versionId: version('2.0.0'),
        updatedAt: world.now.toISOString(),
      };
      await world.catalog.putChannel(record);
      return false;
    };
    const catalog = new Proxy(world.catalog, {
      get: (target, name) =>
        name === 'putChannel' ? moveFirst : Reflect.get(target, name).bind(target),
    });

    const late = putChannel({ ...world.deps, catalog }, limited, stable, {
      versionId: version('1.0.0'),
    });

    const message = expect.not.stringContaining('2.0.0');
    await expect(late).rejects.toEqual(expect.objectContaining({ code: 'FORBIDDEN', message }));
  });
});

describe('a published package', () => {
  test('is yanked, restored and deleted, each of them repeatable', async () => {
    const world = await published();
    const yanked = await yankPackage(world.deps, admin, ref, 'broken');
    world.pass(5);
    expect(await yankPackage(world.deps, admin, ref, 'again')).toEqual(yanked);
    expect(yanked).toMatchObject({ state: 'yanked', yankedBy: 'root', yankReason: 'broken' });

    const restored = await restorePackage(world.deps, ref);
    expect(await restorePackage(world.deps, ref)).toEqual(restored);
    expect(restored).not.toHaveProperty('yankReason');

    const deleted = await deletePackage(world.deps, ref);
    expect(await deletePackage(world.deps, ref)).toEqual(deleted);
    expect(await world.memory.stat(deleted.key)).toBeUndefined();
    await expect(restorePackage(world.deps, ref)).rejects.toEqual(refused('NOT_FOUND'));
  });

  test('whose bytes somebody replaced by hand loses its record, and the foreign bytes stay', async () => {
    const world = await published();
    const key = (await world.catalog.getPackage(ref))?.key;
    if (key === undefined) throw new Error('nothing was published');
    world.memory.plant(key, Buffer.from('by hand'));

    expect((await deletePackage(world.deps, ref)).state).toBe('deleted');

    expect(await world.memory.stat(key)).toMatchObject({ size: 7 });
  });

  test('in whose place somebody put other bytes of its size keeps them', async () => {
    const world = await published();
    const key = (await world.catalog.getPackage(ref))?.key;
    if (key === undefined) throw new Error('nothing was published');
    world.memory.plant(key, Buffer.from('BYTES'));

    expect((await deletePackage(world.deps, ref)).state).toBe('deleted');

    expect(await world.memory.stat(key)).toMatchObject({ size: 5 });
  });

  test('whose bytes somebody removed by hand is deleted all the same', async () => {
    const world = await published();
    const record = await world.catalog.getPackage(ref);
    if (record?.blob === undefined) throw new Error('nothing was published');
    await world.memory.delete(record.key, record.blob);

    expect(await deletePackage(world.deps, ref)).toMatchObject({ state: 'deleted' });
  });

  test('that was played back from a backup is deleted with its bytes, though their ETag is another now', async () => {
    const world = await published();
    const key = (await world.catalog.getPackage(ref))?.key;
    if (key === undefined) throw new Error('nothing was published');
    world.memory.plant(key, Buffer.from('bytes'));

    await deletePackage(world.deps, ref);

    expect(await world.memory.stat(key)).toBeUndefined();
  });

  test.each([
    ['yanked', (world: World) => yankPackage(world.deps, admin, ref, undefined)],
    ['restored', (world: World) => restorePackage(world.deps, ref)],
    ['deleted', (world: World) => deletePackage(world.deps, ref)],
  ])('that is still an upload can not be %s', async (_, change) => {
    const world = new World();
    await world.create('bytes');

    await expect(change(world)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(
        /^package tool is pending: only a published one can become (yanked|available|deleted);/,
      ),
    });

    expect(await world.stateNow()).toBe('pending');
  });

  const unknown = { code: 'NOT_FOUND', message: 'version 1.0.0 has no package tool' };

  test('that never was is named as unknown', async () => {
    const { deps } = new World();

    await expect(yankPackage(deps, admin, ref, undefined)).rejects.toMatchObject(unknown);
    await expect(restorePackage(deps, ref)).rejects.toMatchObject(unknown);
    await expect(deletePackage(deps, ref)).rejects.toMatchObject(unknown);
  });

  test('that is deleted can be neither yanked nor restored', async () => {
    const { deps } = await published();
    await deletePackage(deps, ref);

    await expect(yankPackage(deps, admin, ref, undefined)).rejects.toMatchObject(unknown);
    await expect(restorePackage(deps, ref)).rejects.toMatchObject(unknown);
  });

  test.each([
    ['yank', (world: World) => yankPackage(world.deps, admin, ref, 'broken'), 'yanked'],
    ['delete', (world: World) => deletePackage(world.deps, ref), 'deleted'],
  ] as const)('that two %s at the same moment is that for both', async (_, change, state) => {
    const world = await published();

    const both = await Promise.all([change(world), change(world)]);

    expect(both).toMatchObject([{ state }, { state }]);
    expect(await world.stateNow()).toBe(state);
  });

  test('that is deleted while it is yanked is unknown to the yank', async () => {
    const world = await published();

    const [deleted, yanked] = await Promise.allSettled([
      deletePackage(world.deps, ref),
      yankPackage(world.deps, admin, ref, undefined),
    ]);

    expect(deleted).toMatchObject({ status: 'fulfilled', value: { state: 'deleted' } });
    expect(yanked).toMatchObject({ status: 'rejected', reason: unknown });
  });

  test('is linked in the order asked, with a code where there is no link', async () => {
    const world = await published();
    const missing = parsePackageId('missing');

    const links = await signLinks(world.deps, ref.versionId, [missing, ref.packageId]);

    expect(links).toMatchObject([
      { packageId: 'missing', code: 'NOT_FOUND' },
      { packageId: 'tool' },
    ]);
    await yankPackage(world.deps, admin, ref, undefined);
    expect(await signLinks(world.deps, ref.versionId, [ref.packageId])).toEqual([
      { packageId: 'tool', code: 'YANKED' },
    ]);
  });
});
