/** Readers that poll while publishers work: drafts that are filled and released, channels that move. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { OperationId } from '../../api/routes.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type Answer, type House, openHouse } from './house.ts';

let house: House;
let admin: string;
let publisher: string;
let reader: string;

beforeEach(async () => {
  ({ house, admin, publisher, reader } = await openHouse());
});

async function push(versionId: string, filename: string): Promise<void> {
  const wanted = { filename, os: 'linux', arch: 'x64' };
  await house.push(publisher, versionId, wanted, `${filename} of ${versionId}`);
}

function move(versionId: string): Promise<Answer> {
  house.now = new Date(house.now.getTime() + 1000);
  const path = { channel: 'stable' };
  return house.call('putChannel', { token: admin, path, body: { versionId } });
}

describe('a draft', () => {
  const versionId = '2.0.0';
  const file = { versionId, file: 'a.zip' };
  /** Every path by which someone downloads, and what shows that the draft is visible there. */
  const PATHS: readonly [OperationId, object, (answer: Answer) => boolean][] = [
    ['downloadPackage', { path: file }, ({ status }) => status !== 404],
    ['getPublicVersion', { path: { versionId } }, ({ status }) => status !== 404],
    ['listPublicVersions', {}, ({ text }) => text.includes(versionId)],
    ['getSums', { path: { versionId } }, ({ status }) => status !== 404],
    [
      'createLinks',
      { path: { versionId }, body: { packageIds: ['a'] } },
      ({ json }) => json.items[0].code !== 'NOT_FOUND',
    ],
    ['createLink', { body: { versionId, filename: 'a.zip' } }, ({ status }) => status === 201],
    ['getChannel', { path: { channel: 'stable' } }, ({ text }) => text.includes(versionId)],
    [
      'downloadFromChannel',
      { path: { channel: 'stable', file: 'a.zip' } },
      ({ status }) => status !== 404,
    ],
    ['getChannelSums', { path: { channel: 'stable' } }, ({ text }) => text.includes('a.zip')],
    [
      'downloadForPlatform',
      { path: { channel: 'stable', os: 'linux', arch: 'x64' } },
      // The released version has one such file, the draft several.
      ({ status }) => status === 409,
    ],
  ];

  test('polled through every public path while it is filled and released shows nothing before, and all after', async () => {
    await push('1.0.0', 'README');
    await move('1.0.0');
    let phase: 'filled' | 'released' | 'released for good' = 'filled';
    let polls = 0;
    const wrong: unknown[] = [];
    const look = async (token: string) => {
      for (const [operation, options, isSeen] of PATHS) {
        polls += 1;
        const before = phase;
        const answer = await house.call(operation, { token, ...options });
        if (isSeen(answer) && phase === 'filled') wrong.push([operation, 'too early']);
        const isOfVersion = !operation.includes('hannel') && operation !== 'downloadForPlatform';
        const isMissing = !isSeen(answer) && answer.status !== 403;
        if (isMissing && before === 'released for good' && isOfVersion)
          wrong.push([operation, 'too late', answer.status]);
      }
    };
    const poll = async (token: string) => {
      while (phase !== 'released for good') {
        await look(token);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await look(token);
    };
    const publish = async () => {
      const path = { versionId };
      const put = (draft: boolean) =>
        house.call('putVersion', { token: publisher, path, body: { draft } });
      await put(true);
      for (const name of ['a.zip', 'b.zip', 'c.zip', 'latest.yml']) {
        await push(versionId, name);
        expect((await move(versionId)).status).toBe(404);
        const seenPolls = polls;
        while (polls < seenPolls + 300 && wrong.length === 0)
          await new Promise((resolve) => setImmediate(resolve));
      }
      phase = 'released';
      expect((await put(false)).status).toBe(200);
      phase = 'released for good';
    };

    await Promise.all([publish(), ...[reader, publisher, admin].map(poll)]);

    expect(phase).toBe('released for good');
    expect(wrong).toEqual([]);
    expect(polls).toBeGreaterThan(1000);
    await move(versionId);
    for (const [operation, options, isSeen] of PATHS)
      expect([
        operation,
        isSeen(await house.call(operation, { token: publisher, ...options })),
      ]).toEqual([operation, true]);
  });
});

describe('a channel that moves 20 times while 8 clients poll it', () => {
  test('serves every file of every version that a client ever saw in it', async () => {
    const versions = ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0'];
    for (const versionId of versions) {
      await push(versionId, `App-${versionId}.exe`);
      await push(versionId, 'latest.yml');
    }
    await move('1.0.0');
    let isMoving = true;
    const wrong: unknown[] = [];
    let downloads = 0;
    const ask = (operation: OperationId, file?: string) =>
      house.call(operation, { token: reader, path: { channel: 'stable', ...(file && { file }) } });
    const client = async () => {
      const seen = new Set<string>();
      while (isMoving) {
        await new Promise((resolve) => setImmediate(resolve));
        const feed = await ask('downloadFromChannel', 'latest.yml');
        if (feed.status !== 302) wrong.push(['latest.yml', feed.status]);
        seen.add(String((await ask('getChannel')).json.versionId));
        for (const versionId of seen) {
          const name = `App-${versionId}.exe`;
          const answer = await ask('downloadFromChannel', name);
          downloads += 1;
          const isRight =
            answer.headers['x-checksum-sha256'] === sha256Of(`${name} of ${versionId}`);
          if (answer.status !== 302 || !isRight) wrong.push([name, answer.status]);
        }
      }
    };
    const mover = async () => {
      for (let moves = 0; moves < 20; moves++) {
        const seen = downloads;
        expect((await move(versions[(moves * 3) % versions.length] ?? '')).status).toBe(200);
        while (downloads < seen + 8 && wrong.length === 0)
          await new Promise((resolve) => setImmediate(resolve));
      }
      isMoving = false;
    };

    await Promise.all([mover(), ...Array.from({ length: 8 }, client)]);

    expect(wrong).toEqual([]);
    expect(downloads).toBeGreaterThanOrEqual(160);
  });
});
