/** `stowage seal`. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { StowageClient } from '../../client/stowage-client.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { House } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.write('tool.txt', 'tool');
  for (const version of ['1.0.0', '1.1.0'])
    await house.stowage(['push', 'tool.txt', '--version', version]);
});
afterAll(() => house.close());

describe('seal', () => {
  test('seals a version, into which nothing can be pushed any more', async () => {
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
    expect(pushed.stderr).toContain('version 1.0.0 is sealed');
    expect(same.code).toBe(0);
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
