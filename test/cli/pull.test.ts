/** `stowage pull` against a real server, through a network that misbehaves. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { safeFilename } from '../../cli/pull/safe-filename.ts';
import { House, jsonLines } from './house.ts';
import type { Seen } from './meddler.ts';

const MIB = 1024 * 1024;
const BYTES = randomBytes(4 * MIB);

/** Where BYTES are written before they have been proven. */
const PART = `big.bin.${createHash('sha256').update(BYTES).digest('hex').slice(0, 8)}.part`;

interface PullLine {
  readonly path: string;
  readonly outcome?: string;
  readonly error?: { readonly code: string };
}

const isBlobGet = ({ method, path }: Seen) => method === 'GET' && path.startsWith('/blobs/');

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.write('big.bin', BYTES);
  await house.write('note.txt', 'a note');
  await house.stowage(['push', 'big.bin', 'note.txt', '--version', '1.0.0']);
  await house.stowage(['channel', 'set', 'stable', '1.0.0']);
});
afterEach(() => house.proxy.reset());
afterAll(() => house.close());

function pull(folder: string, ...words: readonly string[]) {
  return house.stowage(['pull', ...words, '--out', folder, '--json']);
}

function outcomes(stdout: string): readonly (string | undefined)[] {
  return jsonLines<PullLine>(stdout).map(({ outcome, error }) => outcome ?? error?.code);
}

/** The first bytes that were asked for; what was under way when a connection broke may be lost. */
function rangeStarts(): readonly (number | undefined)[] {
  return house.proxy.seen.filter(isBlobGet).map(({ headers }) => {
    const start = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1];
    return start === undefined ? undefined : Number(start);
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('a pull', () => {
  test.each([
    ['a version', ['1.0.0'], ['big.bin', 'note.txt']],
    ['a file', ['1.0.0/note.txt'], ['note.txt']],
    ['a file by its id', ['1.0.0/note'], ['note.txt']],
    ['a channel', ['--channel', 'stable'], ['big.bin', 'note.txt']],
    ['a file of a channel', ['note', '--channel', 'stable'], ['note.txt']],
  ])('of %s fetches what it names', async (what, words, files) => {
    const folder = house.path(`pulled ${what}`);

    const ran = await pull(folder, ...words);

    expect(ran.stderr).toBe('');
    expect(ran.code).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(files);
    expect(await readFile(`${folder}/note.txt`, 'utf8')).toBe('a note');
  });

  test('says what is there already, and fetches nothing', async () => {
    const folder = house.path('twice');
    await pull(folder, '1.0.0/big.bin');
    house.proxy.reset();

    const again = await pull(folder, '1.0.0/big.bin');

    expect(outcomes(again.stdout)).toEqual(['already-there']);
    expect(again.code).toBe(0);
    expect(house.proxy.seen.filter(isBlobGet)).toEqual([]);
  });

  test('replaces another file of that name only with --force', async () => {
    const folder = house.path('forced');
    await pull(folder, '1.0.0/note.txt');
    await writeFile(`${folder}/note.txt`, 'my own');

    const refused = await pull(folder, '1.0.0/note.txt');
    const kept = await readFile(`${folder}/note.txt`, 'utf8');
    const forced = await pull(folder, '1.0.0/note.txt', '--force');

    expect(refused.code).toBe(1);
    expect(refused.stderr).toBe('');
    expect(outcomes(refused.stdout)).toEqual(['FILE_EXISTS']);
    expect(kept).toBe('my own');
    expect(outcomes(forced.stdout)).toEqual(['pulled']);
    expect(await readFile(`${folder}/note.txt`, 'utf8')).toBe('a note');
  });

  test('sends its token to the service and never to the storage', async () => {
    await pull(house.path('tokens'), '1.0.0');

    const withToken = house.proxy.seen.filter(({ headers }) => headers.authorization !== undefined);
    expect(house.proxy.seen.filter(isBlobGet)).toHaveLength(2);
    expect(withToken.filter(({ path }) => path.startsWith('/blobs/'))).toEqual([]);
    expect(withToken.length).toBeGreaterThan(0);
  });

  test('goes on where a connection broke, with Range and If-Range', async () => {
    const folder = house.path('broken');
    const cuts = [MIB, MIB, MIB];
    house.proxy.decide = (seen) => {
      const cutAfter = isBlobGet(seen) ? cuts.shift() : undefined;
      return cutAfter === undefined ? 'forward' : { cutAfter };
    };

    const ran = await pull(folder, '1.0.0/big.bin');

    expect(ran.stderr).toBe('');
    const [first, ...later] = rangeStarts();
    expect(first).toBeUndefined();
    expect(later).toHaveLength(3);
    expect(later.toSorted((a = 0, b = 0) => a - b)).toEqual(later);
    expect(house.proxy.seen.filter(isBlobGet)[1]?.headers['if-range']).toMatch(/^"[^"]+"$/);
    expect(sha256(await readFile(`${folder}/big.bin`))).toBe(sha256(BYTES));
    expect(await readdir(folder)).toEqual(['big.bin']);
  });

  test('that was stopped goes on from its part file', async () => {
    const folder = house.path('stopped');
    let interrupt = (): unknown => undefined;
    let asked = 0;
    house.proxy.decide = (seen) => {
      if (!isBlobGet(seen)) return 'forward';
      if (++asked === 1) return { cutAfter: MIB };
      interrupt();
      return new Promise(() => undefined);
    };

    const stopped = await house.stowage(['pull', '1.0.0/big.bin', '--out', folder], {
      started: (child) => {
        interrupt = () => child.kill('SIGINT');
      },
    });
    const left = await readdir(folder);
    house.proxy.reset();
    const again = await pull(folder, '1.0.0/big.bin');

    expect(stopped.code).toBe(130);
    expect(left).toEqual([PART]);
    expect(outcomes(again.stdout)).toEqual(['resumed']);
    expect(rangeStarts()).toEqual([expect.any(Number)]);
    expect(rangeStarts()[0]).toBeGreaterThan(0);
    expect(sha256(await readFile(`${folder}/big.bin`))).toBe(sha256(BYTES));
    expect(await readdir(folder)).toEqual(['big.bin']);
  });

  test.each([
    ['begins like another file', Buffer.alloc(MIB, 1)],
    ['is as long, and another file', Buffer.alloc(4 * MIB, 1)],
    ['is longer', Buffer.alloc(5 * MIB, 1)],
  ])('whose part file %s fetches the right one all the same', async (name, content) => {
    const folder = house.path(`part ${name}`);
    await pull(folder, '1.0.0/note.txt');
    await writeFile(`${folder}/${PART}`, content);

    const ran = await pull(folder, '1.0.0/big.bin');

    expect(ran.stderr).toBe('');
    expect(ran.code).toBe(0);
    expect(sha256(await readFile(`${folder}/big.bin`))).toBe(sha256(BYTES));
  });

  test('of one wrong byte keeps nothing', async () => {
    const folder = house.path('wrong');
    house.proxy.decide = (seen) => (isBlobGet(seen) ? { flipByteAt: 3 * MIB } : 'forward');

    const ran = await house.stowage(['pull', '1.0.0/big.bin', '--out', folder]);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/is not what was published: .* \(INTEGRITY\)/);
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ['nothing', undefined],
    ['more bytes than the storage has', BYTES.subarray(0, 2 * MIB)],
    ['as many bytes as the storage has', BYTES.subarray(0, MIB)],
  ])(
    'of stored bytes that are fewer than were published says that they were replaced, with %s there',
    async (what, part) => {
      const folder = house.path(`shorter ${what}`);
      if (part !== undefined) {
        await pull(folder, '1.0.0/note.txt');
        await writeFile(`${folder}/big.bin.part`, part);
      }
      house.proxy.decide = (seen) => (isBlobGet(seen) ? { shortenTo: MIB } : 'forward');

      const ran = await house.stowage(['pull', '1.0.0/big.bin', '--out', folder]);

      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain(
        `the storage has ${MIB} bytes of big.bin, and ${BYTES.length} were published`,
      );
      expect(ran.stderr).toMatch(/was replaced.*\(INTEGRITY\)/);
      expect(house.proxy.countOf('GET', /^\/blobs\//)).toBeLessThanOrEqual(3);
    },
  );

  test('of two files with one recorded name writes neither', async () => {
    await house.write('a.bin', 'a');
    await house.write('b.bin', 'b');
    await house.stowage([
      'push',
      'a.bin',
      '--version',
      '1.1.0',
      '--filename',
      'Tool.bin',
      '--package',
      'a',
    ]);
    await house.stowage([
      'push',
      'b.bin',
      '--version',
      '1.1.0',
      '--filename',
      'tool.bin',
      '--package',
      'b',
    ]);

    const ran = await house.stowage(['pull', '1.1.0', '--out', house.path('collision')]);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('1.1.0/Tool.bin and 1.1.0/tool.bin would both be written to');
    expect(existsSync(house.path('collision'))).toBe(false);
  });

  test('of a yanked file says so, with the reason', async () => {
    await house.write('bad.bin', 'bad');
    await house.stowage(['push', 'bad.bin', '--version', '1.2.0']);
    await house.stowage(['yank', '1.2.0/bad', '--reason', 'wrong build']);

    const ran = await house.stowage(['pull', '1.2.0/bad.bin']);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/was yanked: wrong build \(YANKED\)/);
  });

  test.each([[[]], [['1.0.0/note.txt', '--channel', 'stable']], [['1.0.0/../x']], [['..']]])(
    'of %j is misuse',
    async (words) => {
      expect((await house.stowage(['pull', ...words])).code).toBe(2);
    },
  );
});

describe('a server that sends the bytes itself', () => {
  let own: House;
  beforeAll(async () => {
    own = await House.open({ PRESIGNED_URLS: 'false' });
    await own.write('big.bin', BYTES);
    await own.stowage(['push', 'big.bin', '--version', '1.0.0+linux']);
  });
  afterAll(() => own.close());

  test('is pulled from with the token, and resumed', async () => {
    let asked = 0;
    own.proxy.decide = ({ path, headers }) => {
      const isDownload = path.startsWith('/packages/') && headers.accept !== 'application/json';
      return isDownload && ++asked === 1 ? { cutAfter: MIB } : 'forward';
    };

    const ran = await own.stowage(['pull', '1.0.0+linux/big.bin', '--out', own.path('out')]);

    expect(ran.stderr).toBe('');
    expect(asked).toBe(2);
    expect(sha256(await readFile(own.path('out/big.bin')))).toBe(sha256(BYTES));
  });
});

describe('a recorded filename', () => {
  test.each(['../up', 'a/b', 'a\\b', '..', '.', '', 'nul\0', 'new\nline', 'right\u202eleft'])(
    '%j is not used',
    (name) => {
      expect(() => safeFilename(name, { platform: 'linux' })).toThrow("can't be used here");
      expect(() => safeFilename(name, { platform: 'linux', takesAny: true })).toThrow(
        "can't be used here",
      );
    },
  );

  test.each(['con.txt', 'a:b', 'dot.', 'pipe|'])(
    '%j is not used on Windows, where it means something else',
    (name) => {
      expect(() => safeFilename(name, { platform: 'win32' })).toThrow("can't be used here");
      expect(() => safeFilename(name, { platform: 'win32', takesAny: true })).toThrow(
        "can't be used here",
      );
      expect(safeFilename(name, { platform: 'linux' })).toBe(name);
    },
  );

  test.each([
    ['.bashrc', 'hidden'],
    ['-rf', 'option'],
    ['--checkpoint-action=exec=sh', 'option'],
    ['tool\u200b.zip', 'invisible'],
    ['\ufefftool.zip', 'invisible'],
    ['to\u00adol.zip', 'invisible'],
    ['tool.zip\u{e0041}', 'invisible'],
    ['\u3164', 'invisible'],
    ['tool.zip\ud800', 'invisible'],
  ])('%j is used only with --allow-any-name: %s', (name, why) => {
    expect(() => safeFilename(name, { platform: 'linux' })).toThrow(why);
    expect(safeFilename(name, { platform: 'linux', takesAny: true })).toBe(name);
  });

  test.each([
    'tool.tar.gz',
    'a-b',
    'a.b.c',
    'Grüße ❤\ufe0f.txt',
    '日本語.zip',
    'with space',
    'RELEASES',
  ])('%j is used', (name) => {
    expect(safeFilename(name, { platform: 'linux' })).toBe(name);
  });

  test('that is hidden is pulled with --allow-any-name, and without it the flag is named', async () => {
    await house.write('hidden.conf', 'hidden');
    await house.stowage([
      'push',
      'hidden.conf',
      '--version',
      '1.3.0',
      '--filename',
      '.hidden.conf',
    ]);

    const refused = await house.stowage(['pull', '1.3.0', '--out', 'names']);
    const pulled = await house.stowage(['pull', '1.3.0', '--out', 'names', '--allow-any-name']);

    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/"\.hidden\.conf".*\(UNSAFE_NAME\)\n.*--allow-any-name/);
    expect(pulled.code).toBe(0);
    expect(await readFile(house.path('names/.hidden.conf'), 'utf8')).toBe('hidden');
  });
});
