/** What happens to files that the feed of a channel names, when they are yanked or deleted. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { parseVersionId } from '../../core/names.ts';
import { type Answer, House } from './house.ts';

let house: House;
let admin: string;

const EXE = 'App-1.4.0.exe';
const inStable = { channel: 'stable', versionId: '1.4.0', filename: 'latest.yml' };

beforeEach(async () => {
  house = new House();
  admin = await house.token(['admin']);
  await push('1.3.0', 'App-1.3.0.exe');
  await push('1.3.0', 'App-1.3.0-full.nupkg');
  await push('1.3.0', 'latest.yml', 'version: 1.3.0\npath: App-1.3.0.exe\n');
  await push('1.4.0', EXE);
  await push('1.4.0', 'tool.zip');
  await push('1.4.0', 'latest.yml', `version: 1.4.0\npath: ${EXE}\n`);
  await push('1.4.0', 'releases.win.json', '{"FileName": "App-1.3.0-full.nupkg"}');
  await point('stable', '1.3.0');
  await point('stable', '1.4.0');
});

async function push(versionId: string, filename: string, content = filename): Promise<void> {
  expect((await house.push(admin, versionId, { filename }, content)).status).toBe(200);
}

async function point(channel: string, versionId: string): Promise<void> {
  house.now = new Date(house.now.getTime() + 1000);
  const body = { versionId, skipChecks: true };
  const moved = await house.call('putChannel', { token: admin, path: { channel }, body });
  expect(moved.status).toBe(200);
}

async function refOf(versionId: string, filename: string) {
  const found = await house.catalog.findPackage(parseVersionId(versionId), filename);
  return { versionId, packageId: found?.packageId ?? '' };
}

async function yank(versionId: string, filename: string, token = admin): Promise<Answer> {
  const path = await refOf(versionId, filename);
  return house.call('yankPackage', { token, path, body: {} });
}

async function remove(versionId: string, filename: string, query = {}): Promise<Answer> {
  const path = await refOf(versionId, filename);
  return house.call('deletePackage', { token: admin, path, query });
}

describe('yanking', () => {
  test('a file that the feed of a channel names lists that feed', async () => {
    await point('beta', '1.4.0');

    const { status, json } = await yank('1.4.0', EXE);

    expect(status).toBe(200);
    expect(json.package.state).toBe('yanked');
    expect(json.feeds).toEqual([{ ...inStable, channel: 'beta' }, inStable]);
  });

  test('a file of an earlier version lists the feed by which clients still get it', async () => {
    const { json } = await yank('1.3.0', 'App-1.3.0-full.nupkg');

    expect(json.feeds).toEqual([{ ...inStable, filename: 'releases.win.json' }]);
  });

  test('a feed lists itself: no client of the channel gets it then', async () => {
    expect((await yank('1.4.0', 'latest.yml')).json.feeds).toEqual([inStable]);
  });

  test('a file of a rollout lists the feed that the first clients get', async () => {
    await push('1.5.0', 'App-1.5.0.exe');
    await push('1.5.0', 'latest.yml', 'version: 1.5.0\npath: App-1.5.0.exe\n');
    const body = { versionId: '1.5.0', percent: 5, skipChecks: true };
    const path = { channel: 'stable' };
    expect((await house.call('putRollout', { token: admin, path, body })).status).toBe(200);

    const { json } = await yank('1.5.0', 'App-1.5.0.exe');

    expect(json.feeds).toEqual([{ ...inStable, versionId: '1.5.0' }]);
  });

  test('lists nothing where no feed names the file, or only one that clients no longer get', async () => {
    expect((await yank('1.4.0', 'tool.zip')).json.feeds).toBeUndefined();
    expect((await yank('1.3.0', 'App-1.3.0.exe')).json.feeds).toBeUndefined();
  });

  test('lists no channel beyond the versions of the token', async () => {
    const limited = await house.token(['admin'], { versions: '1.3.*' });

    const { status, json } = await yank('1.3.0', 'App-1.3.0-full.nupkg', limited);

    expect(status).toBe(200);
    expect(json.feeds).toBeUndefined();
  });

  test('a whole version lists the feeds that name any file of it', async () => {
    const path = { versionId: '1.4.0' };

    const { json } = await house.call('yankVersion', { token: admin, path, body: {} });

    expect(json).toMatchObject({ changed: 4, isWhole: true });
    expect(json.feeds).toEqual([inStable, { ...inStable, filename: 'releases.win.json' }]);
  });
});

describe('deleting', () => {
  test('a file that the feed of a channel names is refused, and says where it is named', async () => {
    const { status, json } = await remove('1.4.0', EXE);

    expect([status, json.code]).toEqual([409, 'IN_USE']);
    expect(json.detail).toBe(
      'App-1.4.0.exe is named by latest.yml of channel stable: clients that read it could not download the file. Point the channel at another version first, or delete it nevertheless with force',
    );
    expect(json.feeds).toEqual([inStable]);
    expect((await house.catalog.findPackage(parseVersionId('1.4.0'), EXE))?.state).toBe(
      'available',
    );
  });

  test('it with force deletes it, which is logged', async () => {
    const { status, json } = await remove('1.4.0', EXE, { force: 'true' });

    expect([status, json.package.state]).toEqual([200, 'deleted']);
    expect(house.log().at(-2)).toMatchObject({ action: 'deletePackage', forced: true });
  });

  test('it is refused also after it was yanked', async () => {
    await yank('1.4.0', EXE);

    expect((await remove('1.4.0', EXE)).json.code).toBe('IN_USE');
  });

  test('what no feed names goes on as before, also by programs that know no force', async () => {
    expect((await remove('1.4.0', 'tool.zip')).status).toBe(200);
    expect((await remove('1.4.0', 'tool.zip')).status).toBe(200);
    expect((await remove('1.3.0', 'App-1.3.0.exe')).status).toBe(200);
  });

  test('a file is possible once the channel points elsewhere, and its feed names it no longer', async () => {
    await point('stable', '1.3.0');

    expect((await remove('1.4.0', EXE)).status).toBe(200);
  });

  test('a version is refused where a feed names one of its files, and deletes none; with force all', async () => {
    const path = { versionId: '1.4.0' };
    const ask = (body: object) => house.call('deleteVersion', { token: admin, path, body });

    const refused = await ask({});
    const forced = await ask({ force: true });

    expect([refused.status, refused.json.code]).toEqual([409, 'IN_USE']);
    expect(refused.json.detail).toMatch(
      /^3 files of version 1\.4\.0 are named by .*latest\.yml of channel stable/,
    );
    expect(forced.json).toMatchObject({ changed: 4, isWhole: true });
  });

  test('does not name the feeds of channels beyond the versions of the token', async () => {
    const token = await house.token(['admin'], { versions: '1.3.*' });
    const path = await refOf('1.3.0', 'App-1.3.0-full.nupkg');

    const { json } = await house.call('deletePackage', { token, path });

    expect(json.code).toBe('IN_USE');
    expect(json.detail).toContain('is named by a feed of a channel that this token may not see');
    expect(json.feeds).toEqual([]);
  });
});
