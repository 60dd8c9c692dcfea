/**
 * `stowage migrate` between a folder and a bucket that no catalog knows: there and back, what does
 * not fit, and what goes wrong with files.
 */
import { execFile } from 'node:child_process';
import { readFile, symlink, truncate, utimes } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { promisify } from 'node:util';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { S3Server } from '../../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../../support/servers/versitygw.ts';
import { jsonLines } from '../house.ts';
import { MigrationHouse } from './migration-house.ts';

const MIB = 1024 * 1024;
const binary = findVersitygw();
const describeOnServer = binary === undefined ? describe.skip : describe;

async function differences(one: string, other: string): Promise<string> {
  const { stdout } = await promisify(execFile)('diff', ['-r', one, other]).catch((error) => error);
  return stdout;
}

describeOnServer('stowage migrate between trees, on versitygw', () => {
  let server: S3Server;
  let house: MigrationHouse;
  beforeAll(async () => {
    server = await startVersitygw(binary ?? '');
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    house = await MigrationHouse.open(server);
  });
  afterEach(() => house.close());

  const files = {
    'tree/packages/1.0.0/linux-x64.tar.gz': 'some bytes',
    'tree/packages/1.0.0/empty.txt': '',
    'tree/packages/1.0.0-rc.1+build/darwin.zip': Buffer.alloc(3 * MIB, 'm'),
    'tree/packages/2.0.0/large.bin': Buffer.alloc(20 * MIB, 'l'),
  };

  test('takes a tree to the bucket and back, and nothing differs', async () => {
    await house.write(files);

    const there = await house.migrateAsJson([
      '--from',
      './tree',
      '--to',
      house.url,
      '--report',
      'report.jsonl',
    ]);
    const again = await house.migrateAsJson(['--from', './tree', '--to', house.url]);
    const back = await house.migrateAsJson(['--from', house.url, '--to', './back']);

    const bytes = 10 + 23 * MIB;
    expect(there).toMatchObject({ code: 0, stderr: '' });
    expect(there.lines).toMatchObject([
      { outcomes: { copied: { files: 4, bytes } }, failed: 0, sentBytes: bytes },
    ]);
    expect(again.lines).toMatchObject([{ outcomes: { there: { files: 4, bytes } }, sentBytes: 0 }]);
    expect(back.lines).toMatchObject([
      { outcomes: { copied: { files: 4, bytes } }, sentBytes: bytes },
    ]);
    expect(await differences(house.path('tree', 'packages'), house.path('back', 'packages'))).toBe(
      '',
    );
    const report = jsonLines<object>(await readFile(house.path('report.jsonl'), 'utf8'));
    expect(report).toHaveLength(4);
    expect(report).toContainEqual({
      ...{
        outcome: 'copied',
        key: 'packages/1.0.0/linux-x64.tar.gz',
        bytes: 10,
        sentBytes: 10,
        ms: expect.any(Number),
      },
      sha256: '0d22cdcc10e6d049dbe1af5123d50873fdfc1a4f58306e58cb6241be9472014d',
    });
  });

  test('leaves the source as it was, and makes nothing in it', async () => {
    await house.write(files);
    await house.migrate(['--from', './tree', '--to', './copy']);

    expect(await differences(house.path('tree'), house.path('copy'))).toBe(
      `Only in ${house.path('copy')}: .stowage\n`,
    );
  });

  test('names what does not fit, leaves it alone, and copies the rest', async () => {
    await house.write({
      ...files,
      'tree/packages/readme.txt': 'no version',
      'tree/packages/not a version/a.zip': 'no version either',
      'tree/packages/1.0.0/no-ext': 'no package',
      'tree/packages/1.0.0/deep/a.zip': 'no package either',
      'tree/notes.txt': 'not ours to look at',
    });
    await symlink('linux-x64.tar.gz', house.path('tree/packages/1.0.0/link.tar.gz'));
    const socket = await listening(house.path('tree/packages/1.0.0/socket.zip'));

    const { code, lines } = await house.migrateAsJson(['--from', './tree', '--to', house.url]);

    socket.close();
    expect(code).toBe(0);
    expect(
      lines
        .filter(({ outcome }) => outcome === 'left-alone')
        .map(({ name, detail }) => `${name}: ${detail}`)
        .sort(),
    ).toEqual([
      'packages/1.0.0/deep: the name of no package',
      'packages/1.0.0/link.tar.gz: a symbolic link',
      'packages/1.0.0/no-ext: the name of no package',
      'packages/1.0.0/socket.zip: a socket',
      'packages/not a version: the name of no version',
      'packages/readme.txt: a file, where folders of versions are',
    ]);
    expect(lines.at(-1)).toMatchObject({ outcomes: { copied: { files: 4 } }, leftAlone: 6 });
  });

  test('names objects that are no packages, and leaves them alone', async () => {
    await house.client.send(
      new PutObjectCommand({
        Bucket: house.bucket,
        Key: 'releases/packages/1.0.0/deep/a.zip',
        Body: 'x',
      }),
    );

    const { code, lines } = await house.migrateAsJson(['--from', house.url, '--to', './back']);

    expect(code).toBe(0);
    expect(lines[0]).toMatchObject({
      outcome: 'left-alone',
      name: 'releases/packages/1.0.0/deep/a.zip',
    });
  });

  test('carries what is stored with an object from bucket to bucket', async () => {
    const stored = {
      ContentType: 'application/zip',
      ContentDisposition: 'attachment; filename="Tool.zip"',
    };
    const Bucket = house.bucket;
    await house.client.send(
      new PutObjectCommand({ Bucket, Key: 'releases/packages/1.0.0/a.zip', Body: 'x', ...stored }),
    );

    const { code } = await house.migrateAsJson([
      '--from',
      house.url,
      '--to',
      `s3://${Bucket}/other`,
    ]);

    const got = await house.client.send(
      new GetObjectCommand({ Bucket, Key: 'other/packages/1.0.0/a.zip' }),
    );
    expect(code).toBe(0);
    expect(got).toMatchObject(stored);
    expect(await got.Body?.transformToString()).toBe('x');
  });

  test('does not copy over other bytes', async () => {
    await house.write({ ...files, 'other/packages/1.0.0/empty.txt': 'not empty' });

    const { code, lines } = await house.migrateAsJson(['--from', './tree', '--to', './other']);

    expect(code).toBe(1);
    expect(lines[0]).toMatchObject({ outcome: 'occupied', key: 'packages/1.0.0/empty.txt' });
    expect(await readFile(house.path('other/packages/1.0.0/empty.txt'), 'utf8')).toBe('not empty');
  });

  test('finds a byte that was flipped since it was copied, in the source and in the target, and names the side', async () => {
    await house.write(files);
    await house.migrate(['--from', './tree', '--to', './copy']);
    await house.write({ 'copy/packages/1.0.0/linux-x64.tar.gz': 'some bytez' });

    const status = await house.migrate([
      'status',
      '--from',
      './tree',
      '--to',
      './copy',
      '--verify',
      'full',
    ]);
    const again = await house.migrateAsJson([
      '--from',
      './tree',
      '--to',
      './copy',
      '--verify',
      'full',
    ]);

    expect(status.code).toBe(1);
    expect(status.stdout).toContain('wrong: packages/1.0.0/linux-x64.tar.gz: ');
    expect(again.lines[0]).toMatchObject({
      outcome: 'occupied',
      key: 'packages/1.0.0/linux-x64.tar.gz',
    });
  });

  test('takes a file that was written since it was copied for another one', async () => {
    await house.write(files);
    await house.migrate(['--from', './tree', '--to', house.url]);
    const path = house.path('tree/packages/1.0.0/linux-x64.tar.gz');
    await truncate(path, 4);
    await utimes(path, 1, 1);

    const { code, lines } = await house.migrateAsJson(['--from', './tree', '--to', house.url]);

    expect(code).toBe(1);
    expect(lines).toMatchObject([{ outcome: 'occupied' }, { outcomes: { there: { files: 3 } } }]);
  });

  test('goes on without a journal that was damaged, and says so', async () => {
    await house.write(files);
    const words = ['--from', './tree', '--to', house.url, '--journal', 'journal.db'];
    await house.migrate(words);
    await house.write({ 'journal.db': Buffer.alloc(20_000, 'rubbish') });

    const { code, stderr, stdout } = await house.migrate(words);

    expect(code).toBe(0);
    expect(stderr).toContain('the journal could not be used');
    expect(stdout).toContain('4 there already');
  });

  test('is refused while the same migration runs', async () => {
    await house.write(files);
    const { SqliteJournal } = await import('../../../storage/sqlite/sqlite-journal.ts');
    const journal = SqliteJournal.open({ path: house.path('journal.db'), onSetAside: () => {} });

    const { code, stderr } = await house.migrate([
      '--from',
      './tree',
      '--to',
      house.url,
      '--journal',
      'journal.db',
    ]);

    journal.close();
    expect(code).toBe(1);
    expect(stderr).toContain('this migration is running already');
  });

  test('says what a dry run would do, and does nothing', async () => {
    await house.write(files);

    const { code, stdout } = await house.migrate([
      '--from',
      './tree',
      '--to',
      house.url,
      '--dry-run',
      '--include',
      '1.*',
    ]);
    const status = await house.migrateAsJson(['status', '--from', './tree', '--to', house.url]);

    expect([code, stdout]).toEqual([0, expect.stringContaining('3 would be done (3.0 MiB)')]);
    expect(status.lines).toMatchObject([
      { onlyInTo: { files: 0 }, inBoth: { files: 0 }, onlyInFrom: { files: 4 } },
    ]);
  });

  test('removes the source only of what is proven in the target, in a run of its own', async () => {
    await house.write(files);

    const early = await house.migrateAsJson([
      '--from',
      './tree',
      '--to',
      house.url,
      '--delete-source',
      '--include',
      '2.*',
    ]);
    await house.migrate(['--from', './tree', '--to', house.url]);
    const late = await house.migrateAsJson([
      '--from',
      './tree',
      '--to',
      house.url,
      '--delete-source',
    ]);
    const back = await house.migrateAsJson([
      '--from',
      house.url,
      '--to',
      './tree',
      '--delete-source=now',
    ]);

    expect(early).toMatchObject({ code: 1, lines: [{ outcome: 'missing' }, { failed: 1 }] });
    expect(late).toMatchObject({
      code: 0,
      lines: [{ outcomes: { removed: { files: 4 } }, sentBytes: 0 }],
    });
    expect(back).toMatchObject({ code: 0, lines: [{ outcomes: { removed: { files: 4 } } }] });
    expect(await readFile(house.path('tree/packages/1.0.0/linux-x64.tar.gz'), 'utf8')).toBe(
      'some bytes',
    );
  });

  test('says that the bucket is gone before it begins', async () => {
    await house.write(files);
    await house.client.send(new DeleteBucketCommand({ Bucket: house.bucket }));

    const { code, stderr } = await house.migrate(['--from', './tree', '--to', house.url]);

    await house.client.send(new CreateBucketCommand({ Bucket: house.bucket }));
    expect(code).toBe(1);
    expect(stderr).toContain('S3_BUCKET');
  });

  test('names a bucket by a profile of the config file, whose secrets are on no command line', async () => {
    await house.write({
      ...files,
      'config/stowage/config.json': JSON.stringify({
        stores: {
          spaces: {
            ...{ bucket: house.bucket, prefix: 'by-profile', endpoint: server.endpoint },
            ...{
              accessKey: server.credentials.accessKeyId,
              secretKey: server.credentials.secretAccessKey,
            },
          },
        },
      }),
    });
    const env = { S3_ENDPOINT: '', S3_ACCESS_KEY: '', S3_SECRET_KEY: '' };

    const { code, stdout } = await house.migrate(['--from', './tree', '--to', 'spaces'], { env });
    const unknown = await house.migrate(['--from', './tree', '--to', 'oceans'], { env });

    expect([code, stdout]).toEqual([0, expect.stringContaining('4 copied')]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('spaces')]);
  });

  test.each<readonly [readonly string[], RegExp]>([
    [[], /--from must name a store/],
    [['--from', './tree'], /--to must name a store/],
    [['--from', './nowhere', '--to', './copy'], /holds no folder packages/],
    [['--from', './tree/packages', '--to', './copy'], /name the folder above it/],
    [['--from', './tree', '--to', './tree'], /are the same store/],
    [['--from', './tree', '--to', 'https://example.com/bucket'], /--to-endpoint/],
    [
      ['--from', './tree', '--to', './copy', '--to-endpoint', 'http://127.0.0.1:1'],
      /is of a bucket/,
    ],
    [['--from', './tree', '--to', 's3://X'], /bucket: got "X"/],
    [['--from', './tree', '--to', './copy', '--delete-source=soon'], /delete-source=now/],
    [
      ['--from', './tree', '--to', './copy', '--import'],
      /--import enters files into the catalog of the service/,
    ],
    [['rollback', '--from', './tree', '--to', './copy'], /no records to turn back/],
  ])('refuses %j as a misuse, with advice', async (words, advice) => {
    await house.write({
      'tree/packages/1.0.0/a.zip': 'a',
      'tree/packages/packages-of-no-one/a.zip': 'a',
    });

    const { code, stderr } = await house.migrate(words);

    expect(stderr).toMatch(advice);
    expect(code).toBe(2);
  });
});

async function listening(path: string): Promise<Server> {
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(path, resolve));
  return socket;
}
