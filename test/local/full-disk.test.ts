/** A full disk: yanks and deletes still work, and what does not fit gets a clear error. */
import { randomBytes } from 'node:crypto';
import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runCli } from '../cli/house.ts';
import { PlainClient } from '../support/plain-client.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { Servings } from './served.ts';

const trial = SmallDisk.mount(1);
trial?.unmount();
/** Named in the output where it is skipped. */
const onFullDisk = trial === undefined ? describe.skip : describe;

const servings = new Servings();
let disk: SmallDisk | undefined;
let folder: string;

beforeEach(() => {
  disk = SmallDisk.mount(24);
  folder = join(disk?.path ?? '', 'storage');
});
afterEach(async () => {
  await servings.removeAll();
  disk?.unmount();
});

async function house() {
  const { url, token, running, book } = await servings.start(folder);
  const client = new PlainClient(url, token);
  const post = async (name: string, action: string) =>
    (await client.call('POST', `/v1/versions/1.0/packages/${name}/${action}`, {})).status;
  return { client, running, book, post };
}

const TOOLS = Array.from({ length: 20 }, (_, index) => `tool-${index}`);

onFullDisk('on a full disk (needs the right to mount)', () => {
  test('packages are yanked, restored and deleted, tokens revoked, uploads given up', async () => {
    const { client, post } = await house();
    for (const name of TOOLS) await client.push('1.0', name, randomBytes(1000), 'single');
    const { tokenId } = await client.json<{ tokenId: string }>('POST', '/v1/tokens', {
      name: 'x',
      scopes: ['read'],
    });
    const terms = { packageId: 'half', ext: 'bin', size: 9, sha256: '0'.repeat(64) };
    await client.json('POST', '/v1/versions/1.0/packages', terms);
    disk?.fill();

    for (const name of TOOLS) {
      expect([name, await post(name, 'yank')]).toEqual([name, 200]);
      expect([name, await post(name, 'restore')]).toEqual([name, 200]);
    }
    expect((await client.call('DELETE', `/v1/tokens/${tokenId}`)).status).toBe(204);
    expect((await client.call('DELETE', '/v1/versions/1.0/packages/half/upload')).status).toBe(204);
    expect((await client.call('DELETE', '/v1/versions/1.0/packages/tool-0')).status).toBe(200);
    expect((await client.call('GET', '/packages/1.0/tool-0.bin')).status).toBe(404);
    expect((await client.call('GET', '/packages/1.0/tool-1.bin')).status).toBe(302);
  });

  test('what does not fit is 507, and names no folder of the machine', async () => {
    const { client } = await house();
    await client.push('1.0', 'tool', randomBytes(1000), 'single');
    disk?.fill();

    const answers = [];
    for (const name of TOOLS) {
      const terms = {
        packageId: name,
        ext: 'bin',
        size: 3_000_000,
        sha256: '0'.repeat(64),
        metadata: { why: 'x'.repeat(900) },
      };
      answers.push(await client.call('POST', '/v1/versions/1.0/packages', terms));
    }

    const refused = answers.filter(({ status }) => status === 507);
    expect(refused.length).toBeGreaterThan(0);
    for (const { body } of refused) {
      expect(JSON.parse(body.toString())).toMatchObject({ code: 'OUT_OF_SPACE' });
      expect(body.toString()).not.toContain(disk?.path);
    }
  });

  test('the room that was kept free is kept free again once there is some', async () => {
    const { client, post, running } = await house();
    await client.push('1.0', 'tool', randomBytes(1000), 'single');
    const reserve = join(folder, '.stowage', 'catalog.db.reserve');
    const whole = statSync(reserve).size;
    disk?.fill();
    for (const _ of TOOLS)
      for (const action of ['yank', 'restore']) expect(await post('tool', action)).toBe(200);
    expect(statSync(reserve).size).toBeLessThan(whole);
    disk?.empty();
    await running.stop();

    await house();

    expect(statSync(reserve).size).toBe(whole);
  });

  test.each([
    ['while the server runs', true, false],
    ['while no server runs', false, false],
    ['while no server runs and no space is reserved', false, true],
  ])('stowage verify works %s', async (_, isRunning, isUsedUp) => {
    const { client, running } = await house();
    await client.push('1.0', 'tool', randomBytes(1000), 'single');
    if (!isRunning) await running.stop();
    if (isUsedUp) truncateSync(join(folder, '.stowage', 'catalog.db.reserve'));
    disk?.fill();

    const ran = await runCli(['verify'], { cwd: folder, env: { STORAGE_LOCAL_PATH: folder } });

    expect(ran).toEqual({
      code: 0,
      stdout: '1 ok (1.0 KiB), 0 touched, 0 corrupt, 0 missing, 0 unowned\n',
      stderr: '',
    });
  });

  test('a server starts, and lets go of what is not wanted', async () => {
    const first = await house();
    for (const name of TOOLS) await first.client.push('1.0', name, randomBytes(1000), 'single');
    await first.running.stop();
    disk?.fill();

    const { client, post } = await house();

    expect(await post('tool-1', 'yank')).toBe(200);
    expect((await client.call('DELETE', '/v1/versions/1.0/packages/tool-2')).status).toBe(200);
  });
});
