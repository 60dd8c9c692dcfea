/** `stowage push` against a real server, through a network that misbehaves. */
import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdir, open, readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { House, jsonLines } from './house.ts';
import type { Fate, Seen } from './meddler.ts';

const MIB = 1024 * 1024;
/** Four parts: 16, 16, 16 and 2 MiB. */
const FOUR_PARTS = randomBytes(50 * MIB);

interface PushLine {
  readonly file: string;
  readonly outcome?: string;
  readonly sentParts?: number;
  readonly skippedParts?: number;
  readonly sentBytes?: number;
  readonly url?: string;
  readonly package?: {
    readonly packageId: string;
    readonly ext: string;
    readonly contentType: string;
    readonly filename: string;
  };
  readonly error?: { readonly code: string; readonly message: string };
}

const isPartPut = ({ method, path }: Seen) => method === 'PUT' && path.startsWith('/blobs/');

let house: House;
beforeAll(async () => {
  house = await House.open();
});
afterEach(() => house.proxy.reset());
afterAll(() => house.close());

/** SHA-256 of what the server keeps under a key. */
async function stored(key: string): Promise<string> {
  return sha256(await readFile(house.path(`storage/packages/${key}`)));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('a push', () => {
  test('publishes each file under its own name, with the type of its name', async () => {
    await house.write('Tool 1.4 (x64).tar.gz', 'one');
    await house.write('notes.txt', 'two');

    const ran = await house.stowage([
      'push',
      'Tool 1.4 (x64).tar.gz',
      'notes.txt',
      '--version',
      '1.0.0',
      '--json',
    ]);

    expect(ran.stderr).toBe('');
    expect(ran.code).toBe(0);
    const lines = jsonLines<PushLine>(ran.stdout).map(({ file, outcome, package: made, url }) => {
      return [file, outcome, made?.filename, made?.contentType, url];
    });
    expect(lines).toEqual([
      [
        'Tool 1.4 (x64).tar.gz',
        'published',
        'Tool 1.4 (x64).tar.gz',
        'application/gzip',
        `${house.proxy.url}/packages/1.0.0/Tool%201.4%20%28x64%29.tar.gz`,
      ],
      [
        'notes.txt',
        'published',
        'notes.txt',
        'text/plain',
        `${house.proxy.url}/packages/1.0.0/notes.txt`,
      ],
    ]);
  });

  test('of the same file again says that it is there, and succeeds', async () => {
    const file = await house.write('same.bin', 'same');
    await house.stowage(['push', file, '--version', '1.0.1']);
    house.proxy.reset();

    const again = await house.stowage(['push', file, '--version', '1.0.1']);

    expect(again).toEqual({
      code: 0,
      stdout: `1.0.1/same.bin: already there\n  ${house.proxy.url}/packages/1.0.1/same.bin\n`,
      stderr: '',
    });
    expect(house.proxy.seen.filter(isPartPut)).toEqual([]);
  });

  test('of other bytes under a published name fails and says what to do', async () => {
    const file = await house.write('taken.bin', 'first');
    await house.stowage(['push', file, '--version', '1.0.2']);
    await house.write('taken.bin', 'second');

    const ran = await house.stowage(['push', file, '--version', '1.0.2']);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/\(ALREADY_EXISTS\)\n {2}a name that was published never changes/);
  });

  test('of two files that would have one name is refused before anything is sent', async () => {
    await mkdir(house.path('one'), { recursive: true });
    await mkdir(house.path('two'), { recursive: true });
    const [first, second] = [
      await house.write('one/app.zip', '1'),
      await house.write('two/app.zip', '2'),
    ];

    const ran = await house.stowage(['push', first, second, '--version', '1.0.3']);

    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('would both be called app.zip');
    expect(house.proxy.seen).toEqual([]);
  });

  test('of files of which some are missing or empty names all of these, and sends nothing', async () => {
    await house.write('empty.bin', '');
    const good = await house.write('good.bin', 'good');
    const words = ['push', 'empty.bin', 'nowhere.bin', good, '--version', '1.0.4'];

    const ran = await house.stowage(words);
    const json = await house.stowage([...words, '--json']);

    expect(ran).toEqual({
      code: 1,
      stdout: '',
      stderr: `stowage: nothing was sent: 2 of 3 files can't be published (NOTHING_SENT)
  - empty.bin is empty: a package has at least 1 byte
  - there is no file nowhere.bin
`,
    });
    expect(json.code).toBe(1);
    expect(jsonLines<PushLine>(json.stdout).map(({ file, error }) => [file, error?.code])).toEqual([
      ['empty.bin', 'INVALID_INPUT'],
      ['nowhere.bin', 'NOT_FOUND'],
    ]);
    expect(jsonLines(json.stderr)).toMatchObject([{ error: { code: 'NOTHING_SENT' } }]);
    expect(house.proxy.seen).toEqual([]);
  });

  test('of one file that fails says so in the same line of JSON', async () => {
    await house.write('empty.bin', '');
    await house.write('taken2.bin', 'first');
    await house.stowage(['push', 'taken2.bin', '--version', '1.0.5']);
    await house.write('taken2.bin', 'second');

    for (const [file, code] of [
      ['empty.bin', 'INVALID_INPUT'],
      ['taken2.bin', 'ALREADY_EXISTS'],
    ]) {
      const ran = await house.stowage(['push', file ?? '', '--version', '1.0.5', '--json']);

      expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 1, stderr: '' });
      expect(jsonLines<PushLine>(ran.stdout)).toEqual([
        { file, error: expect.objectContaining({ code, message: expect.any(String) }) },
      ]);
    }
  });

  test('that is refused altogether says so for the file it was at, and for all', async () => {
    const file = await house.write('refused.bin', 'refused');
    const env = { STOWAGE_TOKEN: `stw_abcdefgh_${'x'.repeat(43)}` };

    const one = await house.stowage(['push', file, '--version', '1', '--json'], { env });

    expect(one.code).toBe(1);
    expect(jsonLines<PushLine>(one.stdout)).toMatchObject([
      { file, error: { code: 'UNAUTHENTICATED' } },
    ]);
    expect(jsonLines(one.stderr)).toMatchObject([{ error: { code: 'UNAUTHENTICATED' } }]);
  });

  test.each([
    ['a version that can be none', ['push', 'x.bin', '--version', '../1']],
    ['no version', ['push', 'x.bin']],
    ['a concurrency of zero', ['push', 'x.bin', '--version', '1', '--concurrency', '0']],
    ['metadata without a value', ['push', 'x.bin', '--version', '1', '--metadata', 'key']],
    ['one id for two files', ['push', 'x.bin', 'y.bin', '--version', '1', '--package', 'z']],
    ['a folder', ['push', 'folder.d', '--version', '1']],
  ])('with %s is misuse', async (_, words) => {
    await mkdir(house.path('folder.d'), { recursive: true });

    const ran = await house.stowage(words);

    expect(ran.code).toBe(2);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).not.toBe('');
  });
});

describe('a push in parts', () => {
  test('that was stopped by Ctrl-C sends only the missing parts when it is run again', async () => {
    const file = await house.write('big.bin', FOUR_PARTS);
    const words = [
      'push',
      file,
      '--version',
      '2.0.0',
      '--method',
      'multipart',
      '--concurrency',
      '1',
    ];
    let interrupt = (): unknown => undefined;
    let parts = 0;
    house.proxy.decide = (seen) => {
      if (!isPartPut(seen) || ++parts < 3) return 'forward';
      interrupt();
      return new Promise(() => undefined);
    };

    const stopped = await house.stowage(words, {
      started: (child) => {
        interrupt = () => child.kill('SIGINT');
      },
    });
    house.proxy.reset();
    const again = await house.stowage(words);

    expect(stopped).toEqual({
      code: 130,
      stdout: '',
      stderr: 'stowage: stopped (INTERRUPTED)\n  run the same command again to go on\n',
    });
    expect(again.stdout).toContain(
      '2.0.0/big.bin: pushed 50 MiB; 2 of 4 parts were missing, sent 2; the others were read again and are the same\n',
    );
    expect(again.code).toBe(0);
    expect(house.proxy.seen.filter(isPartPut)).toHaveLength(2);
    expect(await stored('2.0.0/big.bin')).toBe(sha256(FOUR_PARTS));
  });

  test('outlives connections that break, and answers that are lost', async () => {
    const file = await house.write('big.bin', FOUR_PARTS);
    const fates = ['cut', 'forward', 'lose-answer', 'forward', 'cut', 'forward'] as const;
    let parts = 0;
    house.proxy.decide = (seen) => (isPartPut(seen) ? (fates[parts++] ?? 'forward') : 'forward');

    const ran = await house.stowage([
      'push',
      file,
      '--version',
      '2.0.1',
      '--method',
      'multipart',
      '--json',
    ]);

    expect(ran.stderr).toBe('');
    expect(jsonLines<PushLine>(ran.stdout)[0]).toMatchObject({
      outcome: 'published',
      sentParts: 4,
      skippedParts: 0,
    });
    expect(await stored('2.0.1/big.bin')).toBe(sha256(FOUR_PARTS));
  });

  test('has a part signed again that the storage refuses with 403', async () => {
    const file = await house.write('big.bin', FOUR_PARTS);
    let parts = 0;
    house.proxy.decide = (seen) => (isPartPut(seen) && ++parts === 1 ? { status: 403 } : 'forward');

    const ran = await house.stowage([
      'push',
      file,
      '--version',
      '2.0.2',
      '--method',
      'multipart',
      '--concurrency',
      '1',
    ]);

    expect(ran.code).toBe(0);
    expect(house.proxy.countOf('POST', /\/parts$/)).toBe(2);
    expect(house.proxy.seen.filter(isPartPut)).toHaveLength(5);
  });

  test('of a file that changes meanwhile fails, publishes nothing, and frees the name', async () => {
    const file = await house.write('changing.bin', FOUR_PARTS);
    const words = [
      'push',
      file,
      '--version',
      '2.0.4',
      '--method',
      'multipart',
      '--concurrency',
      '1',
    ];
    let parts = 0;
    house.proxy.decide = async (seen): Promise<Fate> => {
      if (isPartPut(seen) && ++parts === 1) await appendFile(file, 'more');
      return 'forward';
    };

    const ran = await house.stowage(words);
    const again = await house.stowage(words);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(
      /changing\.bin changed while it was sent \(FILE_CHANGED\)\n {2}nothing of it was published/,
    );
    expect(again.code).toBe(0);
    expect(await stored('2.0.4/changing.bin')).toBe(sha256(await readFile(file)));
  });
});

describe('a push in parts of a new file', () => {
  test('that is edited in place after its first part was sent publishes nothing', async () => {
    const file = await house.write('edited.bin', FOUR_PARTS);
    const words = ['push', file, '--version', '2.1.0', '--method', 'multipart'];
    let parts = 0;
    house.proxy.decide = async (seen): Promise<Fate> => {
      if (!isPartPut(seen) || ++parts !== 4) return 'forward';
      const handle = await open(file, 'r+');
      await handle.write('edited', 0);
      await handle.close();
      return 'forward';
    };

    const ran = await house.stowage([...words, '--concurrency', '1']);
    house.proxy.reset();
    const again = await house.stowage(words);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('edited.bin changed while it was sent (FILE_CHANGED)');
    expect(again.code).toBe(0);
    expect(await stored('2.1.0/edited.bin')).toBe(sha256(await readFile(file)));
  });

  test('that is there already is read, and nothing is sent', async () => {
    const file = await house.write('large.bin', FOUR_PARTS);
    const words = ['push', file, '--version', '2.1.1', '--method', 'multipart'];
    await house.stowage(words);
    house.proxy.reset();

    const again = await house.stowage(words);

    expect(again.stdout).toContain('2.1.1/large.bin: already there\n');
    expect(house.proxy.seen.filter(isPartPut)).toEqual([]);
  });

  test('of the size of a published one, but with other bytes, is refused before another is sent', async () => {
    const file = await house.write('large.bin', FOUR_PARTS);
    const words = ['--version', '2.1.2', '--method', 'multipart'];
    await house.stowage(['push', file, ...words]);
    await house.write('large.bin', Buffer.alloc(FOUR_PARTS.length));
    const other = await house.write('another.bin', 'another');
    house.proxy.reset();

    const ran = await house.stowage(['push', other, file, ...words]);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('nothing was sent');
    expect(house.proxy.seen.filter(isPartPut)).toEqual([]);
  });
});

describe('a push in one request', () => {
  test('whose answer is lost finds its bytes there', async () => {
    const file = await house.write('lost.bin', 'lost answer');
    let puts = 0;
    house.proxy.decide = (seen) => (isPartPut(seen) && ++puts === 1 ? 'lose-answer' : 'forward');

    const ran = await house.stowage(['push', file, '--version', '3.0.0']);

    expect(ran.code).toBe(0);
    expect(puts).toBe(2);
    expect(await stored('3.0.0/lost.bin')).toBe(sha256(Buffer.from('lost answer')));
  });

  test('sends the length, and no token, to the storage', async () => {
    const file = await house.write('plain.bin', 'plain');

    await house.stowage(['push', file, '--version', '3.0.1']);

    const [put] = house.proxy.seen.filter(isPartPut);
    expect(put?.headers['content-length']).toBe('5');
    expect(put?.headers['transfer-encoding']).toBeUndefined();
    expect(put?.headers.authorization).toBeUndefined();
  });
});
