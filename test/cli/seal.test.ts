/** `stowage seal`. */
import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { StowageClient } from '../../client/stowage-client.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { House } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.write('tool.txt', 'tool');
  for (const version of ['1.0.0', '1.1.0', '1.2.0'])
    await house.stowage(['push', 'tool.txt', '--version', version]);
});
afterAll(() => house.close());

const onMachine = () => ({ env: { STORAGE_LOCAL_PATH: house.path('storage') } });
const asAdmin = () => ({ headers: { authorization: `Bearer ${house.server.adminToken}` } });

describe('seal', () => {
  test('seals a version, into which nothing can be pushed after that', async () => {
    const first = await house.stowage(['seal', '1.0.0']);
    const again = await house.stowage(['seal', '1.0.0', '--json']);
    await house.write('more.txt', 'more');
    const pushed = await house.stowage(['push', 'more.txt', '--version', '1.0.0']);
    const same = await house.stowage(['push', 'tool.txt', '--version', '1.0.0']);

    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1\.0\.0: sealed 2\S+Z by [0-9a-z]+\n$/),
    });
    expect(JSON.parse(again.stdout)).toMatchObject({ versionId: '1.0.0', draft: false });
    expect(pushed.code).toBe(1);
    expect(pushed.stderr).toBe(
      "stowage: more.txt can't be added: version 1.0.0 is sealed: nothing can be added to it or changed; publish in another version (SEALED)\n" +
        '  push the file under another --version; who reads a sealed version relies on it\n',
    );
    expect(same.code).toBe(0);
  });

  test('is proven by a statement, which names every file and is signed once', async () => {
    const { url } = house.server;
    const keys = await house.stowage(['release-keys', 'show', '--pem'], onMachine());
    await house.write('release.pem', keys.stdout);
    const statement = await (
      await fetch(`${url}/packages/1.0.0/release.intoto.jsonl`, asAdmin())
    ).text();
    await house.stowage(['release-keys', 'rotate'], onMachine());
    await house.stowage(['seal', '1.0.0']);

    const ran = await house.stowage([
      'verify-release',
      '1.0.0',
      '--key',
      'release.pem',
      '--dir',
      '.',
    ]);
    const trusting = await house.stowage(['verify-release', '1.0.0']);
    await house.stowage(['seal', '1.2.0']);
    const early = await house.stowage(['verify-release', '1.2.0', '--key', 'release.pem']);
    const late = await house.stowage(['verify-release', '1.2.0']);

    expect(ran).toMatchObject({
      code: 0,
      stdout: 'tool.txt: verified\n1.0.0: the statement is right about its file\n',
    });
    expect([trusting.code, early.code, late.code]).toEqual([0, 1, 0]);
    expect(early.stderr).toContain('none of 1 keys has signed it');
    const again = await fetch(`${url}/packages/1.0.0/release.intoto.jsonl`, asAdmin());
    expect(await again.text()).toBe(statement);
  });

  test('is asked for by a channel, beside what it asks already, until that is taken back', async () => {
    await house.write('policy.json', '{"feeds":true}');
    const asks = async (...words: string[]) => {
      const set = await house.stowage(['channel', 'set', 'sealed', ...words]);
      const shown = await house.stowage(['channel', 'history', 'sealed', '--json']);
      return { ...set, policy: JSON.parse(shown.stdout).policy };
    };

    const made = await asks('1.0.0', '--policy', 'policy.json', '--require-sealed');
    const refused = await asks('1.1.0');
    const kept = await asks('--require-sealed');
    const open = await asks('1.1.0', '--no-require-sealed');

    expect(made).toMatchObject({ code: 0, policy: { feeds: true, requireSealed: true } });
    expect(refused).toMatchObject({ code: 1, policy: { requireSealed: true } });
    expect(refused.stderr).toBe(
      'stowage: channel sealed takes only sealed versions, and version 1.1.0 is not sealed: seal it first, then send this again (NOT_SEALED)\n' +
        '  seal it with: stowage seal 1.1.0, then run the same command again; an admin goes on nevertheless with --skip-checks\n',
    );
    expect(kept).toMatchObject({ code: 0, policy: { feeds: true, requireSealed: true } });
    expect(open).toMatchObject({ code: 0, policy: { feeds: true } });
    expect(open.policy.requireSealed).toBeUndefined();
  });

  test('shows a file that was changed, here and on its way', async () => {
    await mkdir(house.path('changed'));
    await house.write('changed/tool.txt', 'tooL');
    const verify = ['verify-release', '1.0.0', '--dir', 'changed'];

    const ran = await house.stowage(verify);
    const pulled = await house.stowage(['pull', '1.0.0', '--verify', '--out', 'pulled']);
    const unsealed = await house.stowage(['pull', '1.1.0', '--verify', '--out', 'pulled']);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/tool\.txt: has the SHA-256 [0-9a-f]{64}, and the statement says/);
    expect(pulled.code).toBe(0);
    expect(unsealed.code).toBe(1);
    expect(unsealed.stderr).toContain('version 1.1.0 is not sealed');
  });

  test('says how to go on where an upload is under way', async () => {
    const { url, adminToken: token } = house.server;
    const client = new StowageClient({ url, token });
    const late = { filename: 'late.txt', size: 4, sha256: sha256Of('late') };
    await client.createPackage('1.1.0', late);

    const refused = await house.stowage(['seal', '1.1.0']);
    const sealed = await house.stowage(['seal', '1.1.0', '--discard-unfinished']);

    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('stowage seal 1.1.0 --discard-unfinished');
    expect(sealed.code).toBe(0);
  });
});
