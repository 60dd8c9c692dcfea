/** The smaller commands against a real server. */
import { chmod, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Cli } from '../../cli/command/cli.ts';
import { programOf } from '../../cli/program.ts';
import { parsePackageId, parseVersionId } from '../../core/names.ts';
import type { PackageChange } from '../../core/records.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { House, jsonLines, runCli, UNKNOWN_ROUTE } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.write('tool.tar.gz', 'tool');
  await house.write('notes.txt', 'notes');
  await house.stowage([
    'push',
    'tool.tar.gz',
    'notes.txt',
    '--version',
    '1.0.0',
    '--metadata',
    'commit=9f2c1d7',
  ]);
});
afterAll(() => house.close());

async function lines(...words: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr, code } = await house.stowage(words);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout.trimEnd().split('\n');
}

describe('ls', () => {
  test('lists versions', async () => {
    const [head, ...versions] = await lines('ls');

    expect(head).toBe('VERSION  CREATED');
    expect(versions).toContainEqual(expect.stringMatching(/^1\.0\.0 +\d{4}-\d{2}-\d{2}T[\d:.]+Z$/));
  });

  test('lists the files that have a SHA-256', async () => {
    const digest = sha256Of('notes');

    expect(await lines('ls', '--sha256', `sha256:${digest}`)).toEqual([
      'VERSION  FILE       STATE      LINK',
      expect.stringMatching(
        /^1\.0\.0 {4}notes\.txt {2}available {2}http.*\/packages\/1\.0\.0\/notes\.txt$/,
      ),
    ]);
    expect(await lines('ls', '--sha256', '0'.repeat(64))).toEqual([
      `no file has the SHA-256 ${'0'.repeat(64)}`,
    ]);
    expect(await house.stowage(['ls', '--sha256', 'abc'])).toMatchObject({
      stderr: expect.stringContaining('--sha256 must be 64 hex digits, got "abc"'),
    });
  });

  test('lists the packages of a version in columns, and exact sizes as JSON', async () => {
    const listed = await lines('ls', '1.0.0');
    const [json] = await lines('ls', '1.0.0', '--json');

    expect(listed).toEqual(
      [
        'FILE         SIZE  STATE      SHA256        PACKAGE',
        'notes.txt     5 B  available  4c08bc437a96  notes',
        'tool.tar.gz   4 B  available  0dc95b7e2b6c  tool',
      ].map((line, index) =>
        index === 0
          ? line
          : expect.stringMatching(
              new RegExp(`^${line.replace(/ [0-9a-f]{12} /, ' [0-9a-f]{12} ')}$`),
            ),
      ),
    );
    const { items } = JSON.parse(json ?? '') as {
      items: readonly { size: number; metadata: unknown }[];
    };
    expect(items.map(({ size }) => size)).toEqual([5, 4]);
    expect(items[0]?.metadata).toEqual({ commit: '9f2c1d7' });
  });
});

describe('what does not exist', () => {
  test.each([
    ['stowage ls', ['ls', '9.9.9']],
    ['stowage ls', ['show', '9.9.9/tool']],
    ['stowage ls', ['pull', '9.9.9']],
    ['stowage ls', ['rm', '9.9.9/tool']],
    ['stowage ls', ['channel', 'set', 'stable', '9.9.9']],
    ['stowage channel ls', ['pull', '--channel', 'nope']],
  ])('leads to %s after %j', async (advice, words) => {
    const ran = await house.stowage(words);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(
      new RegExp(`\\(NOT_FOUND\\)\n  see what there is with: ${advice}\n$`),
    );
  });
});

describe('show', () => {
  test('prints the record of a package, and its stable link', async () => {
    const shown = await lines('show', '1.0.0/tool');

    expect(shown).toContainEqual(expect.stringMatching(/^size +4 \(4 B\)$/));
    expect(shown).toContainEqual(expect.stringMatching(/^metadata commit +9f2c1d7$/));
    expect(shown).toContainEqual(
      expect.stringContaining(`${house.proxy.url}/packages/1.0.0/tool.tar.gz`),
    );
  });

  test('with another ext than the package has is misuse', async () => {
    const ran = await house.stowage(['show', '1.0.0/tool.zip']);

    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('tool has the ext tar.gz');
  });
});

test('yank and restore can be repeated', async () => {
  for (const command of ['yank', 'yank', 'restore', 'restore']) {
    expect(await lines(command, '1.0.0/notes')).toHaveLength(1);
  }
});

test('a channel is set, moved only from where it is expected, listed and removed', async () => {
  await house.write('next.txt', 'next');
  await house.stowage(['push', 'next.txt', '--version', '1.1.0']);

  expect(await lines('channel', 'set', 'stable', '1.0.0')).toEqual(['stable -> 1.0.0']);
  const refused = await house.stowage(['channel', 'set', 'stable', '1.1.0', '--expect', '1.1.0']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/\(CONFLICT\)/);
  expect(await lines('channel', 'set', 'stable', '1.1.0', '--expect', '1.0.0')).toEqual([
    'stable -> 1.1.0',
  ]);
  expect((await lines('channel', 'ls'))[1]).toMatch(/^stable +1\.1\.0 /);
  expect(await lines('channel', 'rm', 'stable')).toEqual(['stable: removed']);
  expect(await lines('channel', 'ls', '--json')).toEqual(['{"items":[]}']);
});

describe('token', () => {
  test('prints the token alone on stdout, once; it works, and no longer when it is revoked', async () => {
    const made = await house.stowage([
      'token',
      'create',
      '--name',
      'reader',
      '--scope',
      'read',
      '--expires',
      '1d',
    ]);
    const token = made.stdout.trim();
    const [, tokenId = ''] = token.split('_');
    const env = { STOWAGE_TOKEN: token };

    expect(made.stdout).toMatch(/^stw_[a-z0-9]+_[\w-]{43}\n$/);
    expect((await house.stowage(['ls'], { env })).code).toBe(0);
    expect((await house.stowage(['push', 'notes.txt', '--version', '2'], { env })).stderr).toMatch(
      /\(FORBIDDEN\)/,
    );
    const listed = await lines('token', 'ls');
    expect(listed).toContainEqual(
      expect.stringMatching(new RegExp(`^${tokenId} +read +\\* .* reader$`)),
    );
    expect(listed.join()).not.toContain(token);
    expect(await lines('token', 'rm', tokenId)).toEqual([`${tokenId}: revoked`]);
    expect((await house.stowage(['ls'], { env })).stderr).toMatch(
      /\(UNAUTHENTICATED\)\n {2}the token comes from STOWAGE_TOKEN/,
    );
  });

  async function made(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const ran = await house.stowage(['token', 'create', '--name', 'x', '--json', ...words], {
      env,
    });
    if (ran.code !== 0) throw new Error(ran.stderr);
    return JSON.parse(ran.stdout) as { tokenId: string; token: string; expiresAt?: string };
  }
  const daysUntil = (time?: string) => (Date.parse(time ?? '') - Date.now()) / 86_400_000;

  test('expires in 90 days, unless --expires says otherwise', async () => {
    const plain = await made(['--scope', 'read']);
    const longer = await made(['--scope', 'read', '--expires', '1y']);
    const never = await made(['--scope', 'read', '--expires', 'never']);

    expect(daysUntil(plain.expiresAt)).toBeGreaterThan(89);
    expect(daysUntil(plain.expiresAt)).toBeLessThanOrEqual(90);
    expect(daysUntil(longer.expiresAt)).toBeGreaterThan(364);
    expect(never).not.toHaveProperty('expiresAt');
  });

  test('for one upload is a grant: it is made by a publish token and listed as what it is', async () => {
    const { token, tokenId } = await made(['--scope', 'publish']);
    const words = ['token', 'grant', '1.9.0/linux-x64', '--filename', 'tool.zip', '--json'];

    const ran = await house.stowage(words, { env: { STOWAGE_TOKEN: token } });
    const wrong = await house.stowage(['token', 'grant', '1.9.0']);
    const rows = await lines('token', 'ls');

    const grant = JSON.parse(ran.stdout);
    const upload = { versionId: '1.9.0', packageId: 'linux-x64', filename: 'tool.zip', ext: 'zip' };
    expect(grant).toMatchObject({ scopes: [], parentId: tokenId, upload });
    expect(rows.find((row) => row.includes(grant.tokenId))).toMatch(
      / {2,}one upload {2,}1\.9\.0 .* {2,}upload of linux-x64 to 1\.9\.0$/,
    );
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('VERSION/PACKAGE_ID')]);
  });

  test('of a token that expires sooner expires with it, and says so', async () => {
    const maker = await made(['--scope', 'admin', '--expires', '10d']);
    const env = { STOWAGE_TOKEN: maker.token };
    const words = ['token', 'create', '--name', 'x', '--scope', 'read'];

    const ran = await house.stowage(words, { env });
    const child = await made(['--scope', 'read'], env);
    const beyond = await house.stowage([...words, '--expires', 'never'], { env });

    expect(ran.stderr).toContain(`until ${maker.expiresAt}`);
    expect(child.expiresAt).toBe(maker.expiresAt);
    expect(beyond.code).toBe(1);
    expect(beyond.stderr).toContain('expiresAt must be set');
  });

  test('is listed below the one that made it, and revoked with it, or kept with --keep-children', async () => {
    const parent = await made(['--scope', 'admin']);
    const env = { STOWAGE_TOKEN: parent.token };
    const child = await made(['--scope', 'admin'], env);
    const grandchild = await made(['--scope', 'read'], { STOWAGE_TOKEN: child.token });
    const rows = async () => (await lines('token', 'ls')).map((line) => line.split(/ {2,}/));

    const before = await rows();
    const at = before.findIndex(([tokenId]) => tokenId === parent.tokenId);
    const ids = before.slice(at, at + 3).map(([tokenId]) => tokenId);
    const parents = before.slice(at + 1, at + 3).map((row) => row[5]);
    await house.stowage(['token', 'rm', '--keep-children', child.tokenId]);
    const kept = (await rows()).find(([tokenId]) => tokenId === grandchild.tokenId);
    await house.stowage(['token', 'rm', parent.tokenId]);

    expect(before[0]).toEqual([
      'TOKEN',
      'SCOPE',
      'VERSIONS',
      'EXPIRES',
      'CREATED',
      'PARENT',
      'NAME',
    ]);
    expect(ids).toEqual([parent.tokenId, child.tokenId, grandchild.tokenId]);
    expect(parents).toEqual([parent.tokenId, child.tokenId]);
    expect(kept?.[5]).toBe(parent.tokenId);
    expect((await rows()).flat()).not.toContain(grandchild.tokenId);
  });

  test.each([
    ['without a name', ['--scope', 'read']],
    ['without a scope', ['--name', 'x']],
    ['of a scope that is none', ['--name', 'x', '--scope', 'root']],
    ['until a time that is none', ['--name', 'x', '--scope', 'read', '--expires', 'soon']],
  ])('%s is not made', async (_, words) => {
    expect((await house.stowage(['token', 'create', ...words])).code).toBe(2);
  });
});

describe('rm', () => {
  test('deletes a package for good, and can be repeated', async () => {
    await house.write('old.bin', 'old');
    await house.stowage(['push', 'old.bin', '--version', '0.1.0']);

    expect(await lines('rm', '0.1.0/old')).toEqual(['0.1.0/old.bin: deleted']);
    expect(await lines('rm', '0.1.0/old')).toEqual(['0.1.0/old.bin: deleted']);
    expect((await house.stowage(['push', 'old.bin', '--version', '0.1.0'])).stderr).toMatch(
      /\(ALREADY_EXISTS\)/,
    );
  });

  test('deletes a whole version without a terminal only with --yes', async () => {
    await house.write('old.bin', 'old');
    await house.write('older.bin', 'older');
    await house.stowage(['push', 'old.bin', 'older.bin', '--version', '0.2.0']);
    const sent: string[] = [];
    house.proxy.decide = ({ method, path }) => {
      if (method !== 'GET') sent.push(`${method} ${path}`);
      return 'forward';
    };

    const refused = await house.stowage(['rm', '0.2.0']);
    const left = await lines('ls', '0.2.0');
    const removed = await lines('rm', '0.2.0', '--yes', '--json');
    house.proxy.reset();

    expect(sent).toEqual(['POST /v1/versions/0.2.0/delete']);
    expect(refused.code).toBe(2);
    expect(left).toHaveLength(3);
    expect(removed.map((line) => JSON.parse(line))).toEqual([
      { versionId: '0.2.0', packageId: 'old', ext: 'bin', outcome: 'deleted' },
      { versionId: '0.2.0', packageId: 'older', ext: 'bin', outcome: 'deleted' },
    ]);
  });

  test('deletes a whole version file by file at a service of an earlier release', async () => {
    await house.write('old.bin', 'old');
    await house.write('older.bin', 'older');
    await house.stowage(['push', 'old.bin', 'older.bin', '--version', '0.2.1']);
    const sent: string[] = [];
    house.proxy.decide = ({ method, path }) => {
      if (method !== 'GET') sent.push(`${method} ${path}`);
      return path.endsWith('/delete') ? UNKNOWN_ROUTE : 'forward';
    };

    const removed = await lines('rm', '0.2.1', '--yes');
    house.proxy.reset();

    expect(removed).toEqual(['0.2.1/old.bin: deleted', '0.2.1/older.bin: deleted']);
    expect(sent).toEqual([
      'POST /v1/versions/0.2.1/delete',
      'DELETE /v1/versions/0.2.1/packages/old',
      'DELETE /v1/versions/0.2.1/packages/older',
    ]);
  });

  test('gives up an upload that was never finished: its name is free for other bytes', async () => {
    await house.write('half.bin', 'half');
    house.proxy.decide = ({ method }) => (method === 'PUT' ? { status: 400 } : 'forward');
    await house.stowage(['push', 'half.bin', '--version', '0.3.0']);
    house.proxy.reset();
    await house.write('half.bin', 'other');

    const busy = await house.stowage(['push', 'half.bin', '--version', '0.3.0']);
    const given = await lines('rm', '0.3.0/half');
    const pushed = await house.stowage(['push', 'half.bin', '--version', '0.3.0']);

    expect(busy.stderr).toMatch(/\(UPLOAD_IN_PROGRESS\)\n.*stowage rm 0\.3\.0\/half/);
    expect(given).toEqual(['0.3.0/half.bin: its upload was given up; the name is free']);
    expect(pushed.code).toBe(0);
  });
});

describe('doctor', () => {
  test('names what the scrub found, until it is mended', async () => {
    const own = await House.open();
    try {
      await own.write('old.bin', 'old.bin');
      await own.stowage(['push', 'old.bin', '--version', '1.0.0']);
      const key = 'packages/1.0.0/old.bin';
      const counts = { sound: 41, damaged: 1 };
      const found = [{ outcome: 'damaged', key, detail: 'sha256 must be another' }];
      const notes = {
        startedAt: '2026-11-01T00:00:00.000Z',
        endedAt: '2026-11-15T00:00:00.000Z',
        counts,
        found,
      };
      await writeFile(own.path('storage/.stowage/scrub.json'), JSON.stringify(notes));
      const env = { STORAGE_LOCAL_PATH: own.path('storage'), MAX_PACKAGE_BYTES: '1' };
      const doctor = () => runCli(['doctor'], { cwd: own.folder, env });
      await changeRecord(own, {
        damage: { foundAt: notes.endedAt, detail: 'sha256 must be another' },
      });

      const damaged = await doctor();
      const repaired = await runCli(['verify', '--repair'], { cwd: own.folder, env });
      const mended = await doctor();

      expect([damaged.code, repaired.code, mended.code]).toEqual([1, 0, 0]);
      expect(damaged.stdout).toMatch(
        / NO .*42 packages.*packages\/1\.0\.0\/old\.bin \(damaged\): restore these files/,
      );
      expect(mended.stdout).toMatch(/matches what was published +yes +42 packages/);
    } finally {
      await own.close();
    }
  });
});

describe('verify', () => {
  test('finds what was changed, removed and put beside, and names the rest ok', async () => {
    const own = await House.open();
    try {
      for (const name of ['good.bin', 'bad.bin', 'gone.bin']) await own.write(name, name);
      await own.stowage(['push', 'good.bin', 'bad.bin', 'gone.bin', '--version', '1.0.0']);
      const env = { STORAGE_LOCAL_PATH: own.path('storage') };
      const verify = (...words: readonly string[]) =>
        runCli(['verify', ...words], { cwd: own.folder, env });

      const before = await verify();
      await chmod(own.path('storage/packages/1.0.0/bad.bin'), 0o644);
      await writeFile(own.path('storage/packages/1.0.0/bad.bin'), 'BAD.bin');
      await rm(own.path('storage/packages/1.0.0/gone.bin'));
      await writeFile(own.path('storage/packages/1.0.0/stray.bin'), 'stray');
      const running = await verify('--json');
      await own.server.stop();
      const stopped = await verify();

      const nothingWrong = '3 ok (23 B), 0 touched, 0 corrupt, 0 missing, 0 unowned\n';
      expect(before).toEqual({ code: 0, stdout: nothingWrong, stderr: '' });
      expect(running.code).toBe(1);
      expect(jsonLines<object>(running.stdout)).toEqual([
        expect.objectContaining({ outcome: 'corrupt', key: 'packages/1.0.0/bad.bin' }),
        expect.objectContaining({ outcome: 'missing', key: 'packages/1.0.0/gone.bin' }),
        expect.objectContaining({ outcome: 'unowned', key: 'packages/1.0.0/stray.bin' }),
        { ok: 1, noted: 0, touched: 0, repaired: 0, corrupt: 1, missing: 1, unowned: 1, bytes: 8 },
      ]);
      expect(stopped.code).toBe(1);
      expect(stopped.stdout).toMatch(/1 ok \(8 B\), 0 touched, 1 corrupt, 1 missing, 1 unowned\n$/);
      expect(await readFile(own.path('storage/packages/1.0.0/stray.bin'), 'utf8')).toBe('stray');
    } finally {
      await own.close();
    }
  });

  test('after files were copied back, with other times, says that all are right, and they are served', async () => {
    const own = await House.open({ PRESIGNED_URLS: 'false' });
    try {
      await own.write('old.bin', 'old.bin');
      await own.stowage(['push', 'old.bin', '--version', '1.0.0']);
      const env = { STORAGE_LOCAL_PATH: own.path('storage') };
      const verify = (...words: readonly string[]) =>
        runCli(['verify', ...words], { cwd: own.folder, env });
      await utimes(own.path('storage/packages/1.0.0/old.bin'), new Date(0), new Date(0));

      const looked = await verify('--read-only');
      const refused = await own.stowage(['pull', '1.0.0/old.bin', '--out', 'refused']);
      const verified = await verify();
      const pulled = await own.stowage(['pull', '1.0.0/old.bin', '--out', 'pulled']);

      expect(looked.code).toBe(1);
      expect(looked.stdout).toMatch(
        /^touched: packages\/1\.0\.0\/old\.bin: the bytes are right, .*\n0 ok /,
      );
      expect(looked.stderr).toContain('stowage verify --repair');
      expect(refused.code).toBe(1);
      expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: '' });
      expect(verified.stdout).toMatch(
        /\n1 ok \(7 B\), 1 of them stored again and noted, 0 touched/,
      );
      expect(pulled.code).toBe(0);
      expect((await verify('--json')).stdout).toMatch(/^\{"ok":1,"noted":0,/);
    } finally {
      await own.close();
    }
  });

  test('repairs a file that is marked as damaged with the flag alone', async () => {
    const own = await House.open({ PRESIGNED_URLS: 'false' });
    try {
      await own.write('old.bin', 'old.bin');
      await own.stowage(['push', 'old.bin', '--version', '1.0.0']);
      const env = { STORAGE_LOCAL_PATH: own.path('storage') };
      const verify = (...words: readonly string[]) =>
        runCli(['verify', ...words], { cwd: own.folder, env });
      await changeRecord(own, { damage: { foundAt: '2026-11-15T00:00:00.000Z', detail: 'other' } });

      const marked = await verify();
      const both = await verify('--repair', '--read-only');
      const repaired = await verify('--repair', '--json');

      expect([marked.code, both.code, repaired.code]).toEqual([1, 2, 0]);
      expect(marked.stdout).toMatch(/^touched: .* has them as damaged since 2026-11-15/);
      expect(jsonLines<object>(repaired.stdout)).toMatchObject([
        { outcome: 'repaired', key: 'packages/1.0.0/old.bin' },
        { ok: 0, touched: 0, repaired: 1, corrupt: 0 },
      ]);
    } finally {
      await own.close();
    }
  });

  test('finds a folder in the place of a file', async () => {
    const own = await House.open();
    try {
      await own.write('old.bin', 'old.bin');
      await own.stowage(['push', 'old.bin', '--version', '1.0.0']);
      await rm(own.path('storage/packages/1.0.0/old.bin'));
      await mkdir(own.path('storage/packages/1.0.0/old.bin'));

      const ran = await runCli(['verify'], {
        cwd: own.folder,
        env: { STORAGE_LOCAL_PATH: own.path('storage') },
      });

      expect(ran.code).toBe(1);
      expect(ran.stdout).toMatch(/^corrupt: packages\/1\.0\.0\/old\.bin: /);
    } finally {
      await own.close();
    }
  });

  test('where nothing was ever stored says so, and makes nothing', async () => {
    const ran = await runCli(['verify'], {
      cwd: house.folder,
      env: { STORAGE_LOCAL_PATH: 'nowhere' },
    });

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('there is no catalog at');
  });
});

describe('serve', () => {
  test.each(['0', '65', 'two', '1.5', '-1'])('--workers %s is misuse', async (workers) => {
    const ran = await runCli(['serve', `--workers=${workers}`], { cwd: house.folder, env: {} });

    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(
      `'${workers}' is invalid. It must be a whole number from 1 to 64.`,
    );
  });

  test('lists every faulty setting at once, and exits 2', async () => {
    const env = { PORT: '99999', STORAGE_TYPE: 'tape', PRESIGNED_URLS: 'maybe' };

    const ran = await runCli(['serve'], { cwd: house.folder, env });

    expect(ran.code).toBe(2);
    for (const name of Object.keys(env)) expect(ran.stderr).toContain(name);
  });

  test('names a variable that looks like a setting, and not its value', async () => {
    const env = { S3_SECRET_ACCESS_KEY: 'hidden', PORT: '99999' };

    const ran = await runCli(['serve'], { cwd: house.folder, env });

    expect(jsonLines<object>(ran.stdout)).toEqual([
      expect.objectContaining({
        level: 40,
        name: 'S3_SECRET_ACCESS_KEY',
        meant: 'S3_SECRET_KEY',
        msg: 'S3_SECRET_ACCESS_KEY is not a setting, so it has no effect; did you mean S3_SECRET_KEY?',
      }),
    ]);
    expect(ran.stdout + ran.stderr).not.toContain('hidden');
  });

  test('on a storage that another server holds fails and says so', async () => {
    const ran = await runCli(['serve'], {
      cwd: house.folder,
      env: { STORAGE_LOCAL_PATH: 'storage', PORT: '0' },
    });

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('in use by another server');
  });

  test('in a pipe writes only JSON lines: its address, and the file of the first token; stops cleanly', async () => {
    const env = { STORAGE_LOCAL_PATH: 'fresh', PORT: '0' };
    const start = () =>
      runCli(['serve'], {
        cwd: house.folder,
        env,
        started: (child) => {
          child.stdout?.once('data', () => child.kill('SIGTERM'));
        },
      });

    const first = await start();
    const second = await start();

    const file = join('fresh', '.stowage', 'admin-token');
    const token = (await readFile(house.path(file), 'utf8')).trim();
    const listens = {
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      msg: expect.stringMatching(
        /^Stowage \d+\.\d+\.\d+ listens on http:\/\/127\.0\.0\.1:\d+, and keeps its files in fresh$/,
      ),
    };
    const named = { file, msg: `the first admin token is in ${file}` };
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(jsonLines<object>(first.stdout)).toEqual(
      [listens, named].map((line) => expect.objectContaining(line)),
    );
    expect(jsonLines<object>(second.stdout)).toEqual([expect.objectContaining(listens)]);
    // A pipe may lead into a log that many read.
    expect(first.stdout + first.stderr).not.toContain(token);
  });

  test('with --log-format text writes lines for people, to the last one', async () => {
    const ran = await runCli(['serve', '--log-format', 'text'], {
      cwd: house.folder,
      env: { STORAGE_LOCAL_PATH: 'fresh-text', PORT: '0' },
      started: (child) => {
        child.stdout?.once('data', () => child.kill('SIGTERM'));
      },
    });

    const file = join('fresh-text', '.stowage', 'admin-token');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout.replaceAll(/^\S+Z /gm, '').split('\n')).toEqual([
      expect.stringMatching(/^info Stowage .* listens on .* url=http:/),
      `info the first admin token is in ${file} file=${file}`,
      '',
    ]);
  });

  test('with --json in a pipe names the file of the first token, and not the token', async () => {
    const ran = await runCli(['serve', '--json'], {
      cwd: house.folder,
      env: { STORAGE_LOCAL_PATH: 'fresh-json', PORT: '0' },
      started: (child) => {
        child.stdout?.once('data', () => child.kill('SIGTERM'));
      },
    });

    expect(jsonLines<object>(ran.stdout)).toEqual([
      {
        url: expect.stringMatching(/^http:/),
        publicUrl: expect.stringMatching(/^http:/),
        adminTokenFile: join('fresh-json', '.stowage', 'admin-token'),
      },
    ]);
  });

  test('on a terminal shows the first token, once', async () => {
    const first = await greetingOnTerminal('fresh-terminal');
    const second = await greetingOnTerminal('fresh-terminal');

    const token = (
      await readFile(house.path('fresh-terminal/.stowage/admin-token'), 'utf8')
    ).trim();
    expect(first).toContain(`\n  ${token}\n`);
    expect(second).not.toContain(token);
  });

  /** What a person sees until the commands to try have been shown. */
  async function greetingOnTerminal(storage: string): Promise<string> {
    const stop = new AbortController();
    const stdout = Object.assign(new PassThrough(), { isTTY: true });
    const cli: Cli = {
      stdout,
      stderr: new PassThrough(),
      env: { STORAGE_LOCAL_PATH: house.path(storage), PORT: '0' },
      version: '0.0.0',
      signal: stop.signal,
      exitCode: 0,
    };
    const program = await programOf(cli, 'serve');
    const running = program.parseAsync(['serve'], { from: 'user' });
    let shown = '';
    for await (const piece of stdout) {
      shown += piece;
      if (shown.includes('pull 1.0.0/hello.txt')) break;
    }
    stop.abort();
    await running;
    return shown;
  }
});

describe('the command line', () => {
  test.each([
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['--help'], /Exit codes: 0 done/],
    [['help', 'push'], /--metadata/],
  ])('%j is answered, exit code 0', async (words, pattern) => {
    const ran = await runCli(words, { cwd: house.folder });

    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(pattern);
  });

  test.each([[[]], [['nope']], [['ls', '--nope']], [['ls', 'a', 'b']], [['channel']]])(
    '%j is misuse',
    async (words) => {
      const ran = await runCli(words, { cwd: house.folder });

      expect(ran.code).toBe(2);
      expect(ran.stdout).toBe('');
      expect(ran.stderr).not.toBe('');
    },
  );
});

async function changeRecord(own: House, change: PackageChange): Promise<void> {
  const catalog = SqliteCatalog.open({ path: own.path('storage/.stowage/catalog.db') });
  const ref = { versionId: parseVersionId('1.0.0'), packageId: parsePackageId('old') };
  const attemptId = (await catalog.getPackage(ref))?.attemptId ?? '';
  expect(
    await catalog.changePackage(ref, { attemptId, states: ['available'] }, change),
  ).toBeDefined();
  await catalog.close();
}
