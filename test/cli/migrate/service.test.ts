/**
 * `stowage migrate` under a running service: its packages from disk to the bucket and back, with
 * every record, and a legacy tree that becomes one.
 */
import { execFile } from 'node:child_process';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ServerProcess } from '../../support/server-process.ts';
import type { S3Server } from '../../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../../support/servers/versitygw.ts';
import { runCli } from '../house.ts';
import { MigrationHouse } from './migration-house.ts';

const MIB = 1024 * 1024;
const binary = findVersitygw();
const describeOnServer = binary === undefined ? describe.skip : describe;

describeOnServer('stowage migrate under a service, on versitygw', () => {
  let s3: S3Server;
  let house: MigrationHouse;
  let service: ServerProcess | undefined;
  beforeAll(async () => {
    s3 = await startVersitygw(binary ?? '');
  });
  afterAll(() => s3.stop());
  beforeEach(async () => {
    house = await MigrationHouse.open(s3);
  });
  afterEach(async () => {
    await service?.stop();
    service = undefined;
    await house.close();
  });

  const files = ['tool.zip', 'linux-x64.tar.gz', 'large.bin'] as const;

  /** A service on disk with three packages, which then gets the bucket as its storage. */
  async function published(): Promise<void> {
    await house.write({
      'tool.zip': 'the tool',
      'linux-x64.tar.gz': Buffer.alloc(2 * MIB, 'x'),
      'large.bin': Buffer.alloc(20 * MIB, 'l'),
    });
    await serve({});
    const pushed = await stowage(['push', ...files, '--version', '1.0.0']);
    expect(pushed).toMatchObject({ code: 0 });
  }

  async function serve(env: Readonly<Record<string, string>>): Promise<void> {
    await service?.stop();
    const { accessKeyId, secretAccessKey } = s3.credentials;
    const store = {
      S3_ENDPOINT: s3.endpoint,
      S3_ACCESS_KEY: accessKeyId,
      S3_SECRET_KEY: secretAccessKey,
    };
    service = await ServerProcess.start(house.path('storage'), { ...store, ...env });
  }

  function stowage(words: readonly string[]) {
    const { url = '', adminToken = '' } = service ?? {};
    return runCli(words, {
      cwd: house.folder,
      env: { STOWAGE_URL: url, STOWAGE_TOKEN: adminToken },
    });
  }

  const between = () => ['--from', './storage', '--to', house.url];
  const swapped = () => ['--from', house.url, '--to', './storage'];
  const migrate = (words: readonly string[]) =>
    house.migrateAsJson(words, { env: house.bothStores });

  async function pulled(): Promise<readonly string[]> {
    await rm(house.path('pulled'), { recursive: true, force: true });
    const { code, stderr } = await stowage(['pull', '1.0.0', '--out', 'pulled']);
    expect([code, stderr]).toEqual([0, expect.anything()]);
    return (await readdir(house.path('pulled'))).sort();
  }

  test('moves every package, says so, turns records back, moves again, and brings all back; the tree is as before', async () => {
    await published();
    await cp(house.path('storage', 'packages'), house.path('before'), {
      recursive: true,
      preserveTimestamps: true,
    });
    await serve(house.bothStores);
    const bytes = 8 + 22 * MIB;
    const all = { files: 3, bytes };

    const there = await migrate(between());
    expect(there).toMatchObject({
      code: 0,
      lines: [{ outcomes: { moved: all }, sentBytes: bytes }],
    });
    expect(await pulled()).toEqual([...files].sort());
    expect((await migrate(['status', ...between()])).lines).toMatchObject([
      { inBoth: all, records: { from: { files: 0 }, to: all }, wrong: [] },
    ]);

    const early = await migrate([...between(), '--delete-source']);
    expect(early).toMatchObject({ code: 0, lines: [{ outcomes: { kept: all } }] });
    const rollback = await migrate(['rollback', ...between()]);
    expect(rollback).toMatchObject({
      code: 0,
      lines: [{ outcomes: { turned: all }, sentBytes: 0 }],
    });
    const again = await migrate([...between(), '--delete-source=now']);
    expect(again).toMatchObject({ code: 0, lines: [{ outcomes: { moved: all, removed: all } }] });
    expect(await readdir(house.path('storage', 'packages'))).toEqual([]);
    expect(await pulled()).toEqual([...files].sort());

    const back = await migrate([...swapped(), '--verify', 'full']);
    expect(back).toMatchObject({
      code: 0,
      lines: [{ outcomes: { moved: all }, sentBytes: bytes }],
    });
    expect(await pulled()).toEqual([...files].sort());
    const diff = promisify(execFile)('diff', [
      '-r',
      house.path('before'),
      house.path('storage', 'packages'),
    ]);
    await expect(diff).resolves.toMatchObject({ stdout: '' });
  });

  test('names a source that is not what was published and one that is nowhere, and moves the rest', async () => {
    await published();
    await serve(house.bothStores);
    await house.write({ 'storage/packages/1.0.0/tool.zip': 'the fool' });
    await rm(house.path('storage/packages/1.0.0/linux-x64.tar.gz'));

    const { code, lines } = await migrate(between());

    expect(code).toBe(1);
    expect(lines.map(({ outcome, key }) => outcome && `${outcome} ${key}`).sort()).toEqual([
      'corrupt packages/1.0.0/tool.zip',
      'missing packages/1.0.0/linux-x64.tar.gz',
      undefined,
    ]);
    expect(lines.at(-1)).toMatchObject({ outcomes: { moved: { files: 1 } }, failed: 2 });
  });

  test('copies nothing that has records without them, and says which settings are needed', async () => {
    await published();

    const { code, stderr } = await house.migrate(between());
    const alone = await house.migrate([...between(), '--without-catalog']);

    expect(code).toBe(2);
    expect(stderr).toContain(`STORAGE_TYPE=s3\n  S3_BUCKET=${house.bucket}\n  S3_PREFIX=releases`);
    expect(stderr).toContain('STORAGE_FALLBACK=local');
    expect(alone).toMatchObject({ code: 0, stdout: expect.stringContaining('3 copied') });
  });

  test('ends cleanly on Ctrl-C, with what it has come to, and goes on where it was', async () => {
    await published();
    await serve(house.bothStores);

    const stopped = await house.migrateAsJson(
      [...between(), '--concurrency', '1', '--report', 'report.jsonl'],
      {
        env: house.bothStores,
        started: (child) => {
          // The first line of the report: something was moved, and something is still to do.
          let isAsked = false;
          const look = setInterval(async () => {
            const text = await readFile(house.path('report.jsonl'), 'utf8').catch(() => '');
            // Asked twice it would end at once.
            if (isAsked || !text.includes('\n') || child.exitCode !== null) return;
            isAsked = true;
            child.kill('SIGINT');
          }, 5);
          child.once('exit', () => clearInterval(look));
        },
      },
    );
    const second = await migrate(between());

    // It may have been faster than the signal.
    expect([0, 130]).toContain(stopped.code);
    expect(stopped.lines.at(-1)).toMatchObject({ failed: 0 });
    expect(second.code).toBe(0);
    expect(await pulled()).toEqual([...files].sort());
  });

  test('a legacy tree is entered in place, and served', async () => {
    await house.write({
      'storage/packages/1.0.0/tool.zip': 'the tool',
      'storage/packages/2.0.0/linux-x64.tar.gz': 'newer',
      'storage/packages/2.0.0/README': 'not a package',
    });

    const words = ['--from', './storage', '--to', './storage', '--import'];
    const env = { STORAGE_LOCAL_PATH: './storage' };
    const { code, lines } = await house.migrateAsJson(words, { env });
    const again = await house.migrateAsJson(words, { env });

    expect(code).toBe(0);
    expect(lines.at(-1)).toMatchObject({
      outcomes: { entered: { files: 2 } },
      leftAlone: 1,
      sentBytes: 0,
    });
    expect(again.lines.at(-1)).toMatchObject({ outcomes: { there: { files: 2 } } });
    await serve({});
    expect((await stowage(['pull', '1.0.0/tool.zip', '--out', 'got'])).code).toBe(0);
    expect(await readFile(join(house.folder, 'got', 'tool.zip'), 'utf8')).toBe('the tool');
    expect(await stowage(['verify'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 ok'),
    });
  });

  test('a legacy tree is copied into the bucket of a service, and entered', async () => {
    await house.write({ 'legacy/packages/1.0.0/tool.zip': 'the tool' });
    const env = { ...house.bothStores, STORAGE_FALLBACK: '' };

    await serve(env);
    const { code, lines } = await house.migrateAsJson(
      ['--from', './legacy', '--to', house.url, '--import'],
      { env },
    );

    expect([code, lines.at(-1)]).toEqual([
      0,
      expect.objectContaining({ outcomes: { entered: { files: 1, bytes: 8 } } }),
    ]);
    expect((await stowage(['pull', '1.0.0/tool.zip', '--out', 'got'])).code).toBe(0);
    expect(await readFile(house.path('got', 'tool.zip'), 'utf8')).toBe('the tool');
  });
});
