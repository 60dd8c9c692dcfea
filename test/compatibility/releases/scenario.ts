/**
 * What a reader of the README does, with the CLI and the client of one release against the server
 * of another.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { PlainClient, send } from '../../support/plain-client.ts';
import { cleanEnvironment, type ServerProcess } from '../../support/server-process.ts';
import { CONTENTS, declare } from './contents.ts';
import { type Program, type Ran, succeed } from './release.ts';

const SESSION = join(import.meta.dirname, 'client-session.ts');

interface Programs {
  readonly client: Program;
  readonly server: Program;
}

/** @param open called once, before the first test */
export function describePrograms(title: string, open: () => Programs): void {
  describe(title, () => {
    let folder: string;
    let programs: Programs;
    let server: ServerProcess;
    /** The token of the commands; the first one where none is given. */
    const run = (words: readonly string[], token: string = server.adminToken): Promise<Ran> =>
      programs.client.run(words, {
        cwd: folder,
        env: { STOWAGE_URL: server.url, STOWAGE_TOKEN: token },
      });
    const cli = (...words: readonly string[]) =>
      succeed(programs.client, words, {
        cwd: folder,
        env: { STOWAGE_URL: server.url, STOWAGE_TOKEN: server.adminToken },
      });
    const json = async (...words: readonly string[]) =>
      JSON.parse(await cli(...words, '--json')) as object;
    const local = (...words: readonly string[]) =>
      programs.client.run(words, { cwd: folder, env: { STORAGE_LOCAL_PATH: server.path } });

    beforeAll(async () => {
      programs = open();
      folder = await mkdtemp(join(tmpdir(), 'stowage-programs-'));
      for (const [name, content] of Object.entries(CONTENTS))
        await writeFile(join(folder, `${name}.bin`), content);
      server = await programs.server.serve(join(folder, 'storage'));
    });

    afterAll(async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    });

    test('push publishes a file once', async () => {
      expect(await json('push', 'hello.bin', '--version', '1.0.0')).toMatchObject({
        outcome: 'published',
        sentParts: 1,
      });
      expect(await json('push', 'hello.bin', '--version', '1.0.0')).toMatchObject({
        outcome: 'already-there',
      });
      const refused = await run([
        'push',
        'plain.bin',
        '--version',
        '1.0.0',
        '--package',
        'hello',
        '--json',
      ]);

      expect(refused.code).toBe(1);
      expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'ALREADY_EXISTS' } });
    });

    test('push goes on with an upload of which a part has arrived', async () => {
      const publisher = new PlainClient(server.url, server.adminToken);
      const base = '/v1/versions/1.0.0/packages';
      const terms = { filename: 'resumed.bin', method: 'multipart', partChecksums: true };
      const { upload } = await publisher.json<{ upload: { partSize: number } }>(
        'POST',
        base,
        declare('resumed', CONTENTS.resumed, terms),
      );
      const part = CONTENTS.resumed.subarray(upload.partSize);
      const { parts } = await publisher.json<{
        parts: readonly { request: { url: string; headers: Record<string, string> } }[];
      }>('POST', `${base}/resumed/parts`, { partNumbers: [2], sha256s: [sha256Of(part)] });
      const { url, headers } = parts[0]?.request ?? { url: '', headers: {} };
      expect((await send(url, { method: 'PUT', headers, body: part })).status).toBe(200);

      const report = await json(
        'push',
        'resumed.bin',
        '--version',
        '1.0.0',
        '--method',
        'multipart',
      );

      expect(report).toMatchObject({
        outcome: 'published',
        partCount: 2,
        sentParts: 1,
        skippedParts: 1,
      });
    });

    test('ls and show say what there is', async () => {
      expect(await json('ls')).toMatchObject({ items: [{ versionId: '1.0.0' }] });
      expect(await json('ls', '1.0.0')).toMatchObject({
        items: [{ packageId: 'hello' }, { packageId: 'resumed' }],
      });
      expect(await json('show', '1.0.0/hello')).toMatchObject({
        state: 'available',
        sha256: sha256Of(CONTENTS.hello),
      });
    });

    test('pull fetches one file, and a whole version', async () => {
      await cli('pull', '1.0.0/hello.bin', '--out', 'one');
      await cli('pull', '1.0.0', '--out', 'all');

      expect(await readFile(join(folder, 'one', 'hello.bin'))).toEqual(CONTENTS.hello);
      expect((await readdir(join(folder, 'all'))).sort()).toEqual(['hello.bin', 'resumed.bin']);
      expect(sha256Of(await readFile(join(folder, 'all', 'resumed.bin')))).toBe(
        sha256Of(CONTENTS.resumed),
      );
    });

    test('channel set, ls, rm, and pull by channel', async () => {
      await cli('channel', 'set', 'stable', '1.0.0');
      await cli('channel', 'set', 'old', '1.0.0');
      await cli('channel', 'rm', 'old');
      await cli('pull', 'hello', '--channel', 'stable', '--out', 'channel');

      expect(await json('channel', 'ls')).toMatchObject({
        items: [{ channel: 'stable', versionId: '1.0.0' }],
      });
      expect(await readFile(join(folder, 'channel', 'hello.bin'))).toEqual(CONTENTS.hello);
    });

    test('yank stops a download, restore lets it go on, rm ends it', async () => {
      const pull = () => run(['pull', '1.0.0/hello.bin', '--out', 'again', '--json']);
      await cli('yank', '1.0.0/hello', '--reason', 'wrong build');
      const yanked = await pull();
      await cli('restore', '1.0.0/hello');
      const restored = await pull();
      await cli('push', 'yanked.bin', '--version', '1.1.0');
      const removed = await json('rm', '1.1.0/yanked');

      expect(yanked.code).toBe(1);
      expect(JSON.parse(yanked.stdout + yanked.stderr)).toMatchObject({
        error: { code: 'YANKED' },
      });
      expect(restored.code).toBe(0);
      expect(removed).toMatchObject({ packageId: 'yanked', outcome: 'deleted' });
    });

    test('rm gives an upload up that was begun', async () => {
      const publisher = new PlainClient(server.url, server.adminToken);
      await publisher.json(
        'POST',
        '/v1/versions/1.2.0/packages',
        declare('announced', CONTENTS.announced),
      );

      expect(await json('rm', '1.2.0/announced')).toMatchObject({ outcome: 'given-up' });
    });

    test('token create, ls, rm: a token works within its limits, and no longer', async () => {
      const made = await cli(
        'token',
        'create',
        '--name',
        'ci',
        '--scope',
        'publish',
        '--versions',
        '3.*',
      );
      const token = made.trim();
      const tokenId = token.split('_')[1] ?? '';
      const inside = await run(['push', 'plain.bin', '--version', '3.0.0'], token);
      const outside = await run(['push', 'plain.bin', '--version', '4.0.0', '--json'], token);
      const listed = await json('token', 'ls');
      await cli('token', 'rm', tokenId);
      const after = await new PlainClient(server.url, token).call('GET', '/v1/versions');

      expect(token).toMatch(/^stw_[a-z0-9]{8,32}_[A-Za-z0-9_-]{43}$/);
      expect([inside.code, outside.code]).toEqual([0, 1]);
      expect(outside.stdout + outside.stderr).toContain('FORBIDDEN');
      expect(listed).toMatchObject({
        items: expect.arrayContaining([expect.objectContaining({ tokenId, name: 'ci' })]),
      });
      expect(after.status).toBe(401);
    });

    test('doctor finds the storage well', async () => {
      const ran = await local('doctor', '--json');

      expect(ran).toMatchObject({ code: 0 });
      expect(JSON.parse(ran.stdout)).toMatchObject({ healthy: true });
    });

    test('verify reads the storage or names the schema that it needs, and the server works on', async () => {
      const { code, stdout, stderr } = await local('verify');

      if (code === 0)
        expect(stdout).toMatch(/^\d+ ok .*, 0 touched, 0 corrupt, 0 missing, 0 unowned/);
      else expect(stderr).toMatch(/schema version \d+/);
      expect(await json('push', 'arrived.bin', '--version', '6.0.0')).toMatchObject({
        outcome: 'published',
      });
    });

    test('migrate copies the files of the storage, as they are', async () => {
      const copy = join(folder, 'copy');
      await cli('migrate', '--from', server.path, '--to', copy, '--without-catalog');

      const packages = await readdir(join(copy, 'packages', '1.0.0'));

      expect(packages.sort()).toEqual(['hello.bin', 'resumed.bin']);
    });

    test('the client does what the CLI does', async () => {
      const words = [
        SESSION,
        server.url,
        server.adminToken,
        ...['stowage-client', 'upload', 'download'].map(programs.client.client),
      ];

      const { stdout } = await promisify(execFile)(process.execPath, words, {
        env: cleanEnvironment(),
      });

      expect(JSON.parse(stdout)).toEqual({
        health: 'ok',
        outcomes: ['published', 'published', 'already-there'],
        versions: ['5.0.0'],
        packages: ['parts', 'whole'],
        sums: ['parts.bin', 'whole.bin'],
        downloaded: true,
        ranged: true,
        channel: '5.0.0',
        states: ['yanked', 'available', 'deleted'],
        refused: ['YANKED', 'NOT_FOUND'],
        token: true,
      });
    });
  });
}
