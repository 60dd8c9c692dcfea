/** Pulls that meet in one folder: two processes, one filename, and a kill -9. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { House, jsonLines } from './house.ts';
import type { Seen } from './meddler.ts';

const MIB = 1024 * 1024;
const OLD = randomBytes(4 * MIB);
const NEW = randomBytes(4 * MIB);

interface PullLine {
  readonly outcome?: string;
  readonly sha256?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

const isBlobGet = ({ method, path }: Seen) => method === 'GET' && path.startsWith('/blobs/');

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.write('tool.bin', OLD);
  await house.stowage(['push', 'tool.bin', '--version', '1.0.0']);
  await house.write('tool.bin', NEW);
  await house.stowage(['push', 'tool.bin', '--version', '2.0.0']);
});
afterEach(() => house.proxy.reset());
afterAll(() => house.close());

function pull(folder: string, target: string, ...words: readonly string[]) {
  return house.stowage(['pull', target, '--out', folder, '--json', ...words]);
}

/** Lets the first download come to 1 MiB, and holds what it asks for next until it is let go. */
function holdFirstDownload(): { readonly held: Promise<void>; readonly letGo: () => void } {
  const held = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<'forward'>();
  let asked = 0;
  house.proxy.decide = (seen) => {
    if (!isBlobGet(seen)) return 'forward';
    asked += 1;
    if (asked === 1) return { cutAfter: MIB };
    if (asked > 2) return 'forward';
    held.resolve();
    return gate.promise;
  };
  return { held: held.promise, letGo: () => gate.resolve('forward') };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function hashOfPulled(folder: string): Promise<string> {
  return sha256(await readFile(`${folder}/tool.bin`));
}

describe('two pulls into one folder at the same time', () => {
  test('of different versions never leave one under the name with the digest of the other reported', async () => {
    const folder = house.path('versions');
    const hold = holdFirstDownload();

    const first = pull(folder, '1.0.0/tool.bin');
    await hold.held;
    const second = await pull(folder, '2.0.0/tool.bin');
    const afterSecond = await hashOfPulled(folder);
    hold.letGo();
    const [refused] = jsonLines<PullLine>((await first).stdout);

    expect(afterSecond).toBe(sha256(NEW));
    expect(await hashOfPulled(folder)).toBe(sha256(NEW));
    expect(jsonLines<PullLine>(second.stdout)).toEqual([
      expect.objectContaining({ outcome: 'pulled', sha256: sha256(NEW) }),
    ]);
    expect(refused?.error?.code).toBe('FILE_EXISTS');
  });

  test('of one version: the second says that the first is at it, and the first ends well', async () => {
    const folder = house.path('same');
    const hold = holdFirstDownload();

    const first = pull(folder, '1.0.0/tool.bin');
    await hold.held;
    const [second] = jsonLines<PullLine>((await pull(folder, '1.0.0/tool.bin')).stdout);
    hold.letGo();

    expect(second?.error).toEqual({
      code: 'PULL_IN_PROGRESS',
      message: `another pull is writing 1.0.0/tool.bin to ${folder}/tool.bin`,
      hint: expect.stringContaining('--out'),
    });
    expect(jsonLines<PullLine>((await first).stdout)).toEqual([
      expect.objectContaining({ outcome: 'pulled' }),
    ]);
    expect(await hashOfPulled(folder)).toBe(sha256(OLD));
    expect(await readdir(folder)).toEqual(['tool.bin']);
  });
});

describe('a pull', () => {
  test('that is killed leaves what the next one goes on from, and no lock', async () => {
    const folder = house.path('killed');
    const hold = holdFirstDownload();
    const killed = house.stowage(['pull', '1.0.0/tool.bin', '--out', folder], {
      started: (child) => void hold.held.then(() => child.kill('SIGKILL')),
    });
    await killed;
    house.proxy.reset();

    const [again] = jsonLines<PullLine>((await pull(folder, '1.0.0/tool.bin')).stdout);

    expect(again?.outcome).toBe('resumed');
    expect(await hashOfPulled(folder)).toBe(sha256(OLD));
    expect(await readdir(folder)).toEqual(['tool.bin']);
  });

  test('goes on from no part file of another version', async () => {
    const folder = house.path('other-part');
    const hold = holdFirstDownload();
    await house.stowage(['pull', '1.0.0/tool.bin', '--out', folder], {
      started: (child) => void hold.held.then(() => child.kill('SIGKILL')),
    });
    house.proxy.reset();

    const [pulled] = jsonLines<PullLine>((await pull(folder, '2.0.0/tool.bin')).stdout);

    expect(pulled?.outcome).toBe('pulled');
    expect(await hashOfPulled(folder)).toBe(sha256(NEW));
  });

  test('never replaces a file that appears while it fetches', async () => {
    const folder = house.path('appears');
    const hold = holdFirstDownload();

    const pulling = pull(folder, '1.0.0/tool.bin');
    await hold.held;
    await writeFile(`${folder}/tool.bin`, 'my own');
    hold.letGo();

    expect(jsonLines<PullLine>((await pulling).stdout)[0]?.error?.code).toBe('FILE_EXISTS');
    expect(await readFile(`${folder}/tool.bin`, 'utf8')).toBe('my own');
  });

  test('writes into no part file that has another name too', async () => {
    const folder = house.path('linked');
    const hold = holdFirstDownload();
    await house.stowage(['pull', '1.0.0/tool.bin', '--out', folder], {
      started: (child) => void hold.held.then(() => child.kill('SIGKILL')),
    });
    house.proxy.reset();
    const [part = ''] = (await readdir(folder)).filter((name) => name.endsWith('.part'));
    await writeFile(`${folder}/${part}`, 'precious');
    await link(`${folder}/${part}`, `${folder}/precious.txt`);

    const [pulled] = jsonLines<PullLine>((await pull(folder, '1.0.0/tool.bin')).stdout);

    expect(pulled?.outcome).toBe('pulled');
    expect(await hashOfPulled(folder)).toBe(sha256(OLD));
    expect(await readFile(`${folder}/precious.txt`, 'utf8')).toBe('precious');
  });

  test('gives its name to no file that was put in the place of its part file', async () => {
    const folder = house.path('replaced');
    const hold = holdFirstDownload();

    const pulling = pull(folder, '1.0.0/tool.bin');
    await hold.held;
    const [part = ''] = (await readdir(folder)).filter((name) => name.endsWith('.part'));
    await writeFile(`${folder}/other`, NEW);
    await rename(`${folder}/other`, `${folder}/${part}`);
    hold.letGo();

    expect(jsonLines<PullLine>((await pulling).stdout)[0]?.error?.code).toBe('PART_FILE_REPLACED');
    expect(existsSync(`${folder}/tool.bin`)).toBe(false);
  });

  test('into a folder where its file can not be locked leaves nothing beside the file', async () => {
    const folder = house.path('no-locks');
    const lock = `tool.bin.${sha256(OLD).slice(0, 8)}.lock`;
    await mkdir(folder);
    // What is no database can't be locked by SQLite, as on a file system without locks.
    await writeFile(`${folder}/${lock}`, 'no database, '.repeat(100));

    const [pulled] = jsonLines<PullLine>((await pull(folder, '1.0.0/tool.bin')).stdout);

    expect(pulled?.outcome).toBe('pulled');
    expect(await hashOfPulled(folder)).toBe(sha256(OLD));
    expect((await readdir(folder)).sort()).toEqual(['tool.bin', lock]);
  });

  test('of the longest filename fits into its folder', async () => {
    const filename = `${'n'.repeat(236)}.bin`;
    await house.write('long.bin', 'long');
    await house.stowage(['push', 'long.bin', '--version', '3.0.0', '--filename', filename]);

    const ran = await pull(house.path('long'), '3.0.0');

    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(house.path(`long/${filename}`))).toBe(true);
  });
});
