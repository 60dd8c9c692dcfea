/** A whole release pushed by one command: all of it or nothing, and invisible until it is there. */
import type { ChildProcess } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { StowageClient } from '../../client/stowage-client.ts';
import { type Release, unpackRelease } from '../compatibility/releases/release.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { House, jsonLines, runCli } from './house.ts';
import type { Fate, Seen } from './meddler.ts';

/** An Electron app, its Tauri sister, and a command. */
const RELEASE = [
  'App Setup 1.4.0.exe',
  'App Setup 1.4.0.exe.blockmap',
  'App-1.4.0-arm64-mac.zip',
  'App-1.4.0.AppImage',
  'RELEASES',
  'app_1.4.0_amd64.deb',
  'appcast.xml',
  'latest-mac.yml',
  'latest.json',
  'latest.yml',
  'sister_1.4.0_aarch64.app.tar.gz',
  'sister_1.4.0_aarch64.app.tar.gz.sig',
  'tool-linux-amd64',
  'tool-x86_64-unknown-linux-musl.tar.gz',
];

interface Line {
  readonly file: string;
  readonly outcome?: string;
  readonly error?: { readonly code: string };
}

const isBlobPut = ({ method, path }: Seen) => method === 'PUT' && path.startsWith('/blobs/');
const isAnnouncement = ({ method, path }: Seen) => method === 'POST' && /\/packages$/.test(path);

let house: House;
let client: StowageClient;
beforeAll(async () => {
  house = await House.open();
  client = new StowageClient({ url: house.server.url, token: house.server.adminToken });
  await folder('dist', RELEASE);
});
afterEach(() => house.proxy.reset());
afterAll(() => house.close());

/** Files that hold their names. */
async function folder(name: string, files: readonly string[]): Promise<string> {
  await mkdir(house.path(name), { recursive: true });
  for (const file of files) await writeFile(join(house.path(name), file), file);
  return name;
}

async function published(versionId: string): Promise<readonly string[]> {
  const { packages } = await client.getPublicVersion(versionId);
  return packages.map(({ filename }) => filename).sort();
}

describe('a folder with the files of a release', () => {
  test('is published by one command; the same again says that each is there', async () => {
    const words = ['push', 'dist', '--version', '1.4.0'];

    const ran = await house.stowage(words);
    const names = await published('1.4.0');
    const again = await house.stowage([...words, '--json']);
    house.proxy.reset();
    const short = await house.stowage(words);

    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
    const lines = ran.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2 * RELEASE.length + 1);
    expect(lines[0]).toBe('1.4.0/App Setup 1.4.0.exe: pushed 19 B (windows, exe)');
    expect(lines[1]).toBe(`  ${house.proxy.url}/packages/1.4.0/App%20Setup%201.4.0.exe`);
    expect(lines.filter((line) => !line.startsWith(' ')).slice(0, -1)).toEqual(
      RELEASE.map((name) => expect.stringContaining(`1.4.0/${name}: pushed`)),
    );
    expect(lines).toContain(
      '1.4.0/tool-x86_64-unknown-linux-musl.tar.gz: pushed 37 B (linux, x64, musl)',
    );
    expect(lines.at(-1)).toBe('14 files, 280 B: 14 pushed; version 1.4.0 is released');
    expect(names).toEqual(RELEASE);
    expect(again.code).toBe(0);
    expect(jsonLines<Line>(again.stdout).map(({ file, outcome }) => [file, outcome])).toEqual(
      RELEASE.map((name) => [`dist/${name}`, 'already-there']),
    );
    expect(short.stdout).toContain('14 files, 280 B: 14 already there\n');
    expect(short.stderr).toBe('');
    expect(house.proxy.seen.filter(isBlobPut)).toEqual([]);
  });

  test('gets the same package ids each time, also where stems are equal', async () => {
    await folder('stems', ['app.dmg', 'app.exe', 'app.msi', 'app.zip', 'app']);
    const ids = async (versionId: string) => {
      await house.stowage(['push', 'stems', '--version', versionId]);
      const found: string[] = [];
      for await (const { filename, packageId } of client.listPackages(versionId))
        found.push(`${filename}: ${packageId}`);
      return found.sort();
    };

    const first = await ids('stems-1');

    expect(first).toContain('app: app');
    expect(first).toHaveLength(5);
    expect(await ids('stems-2')).toEqual(first);
  });

  test('is announced four files at a time', async () => {
    let [open, most] = [0, 0];
    const waiting: (() => void)[] = [];
    house.proxy.decide = async (seen): Promise<Fate> => {
      if (!isBlobPut(seen)) return 'forward';
      open += 1;
      most = Math.max(most, open);
      // The first four wait for each other: fewer at a time would never end.
      if (most < 4) await new Promise<void>((resolve) => waiting.push(resolve));
      else for (const resolve of waiting.splice(0)) resolve();
      open -= 1;
      return 'forward';
    };

    const ran = await house.stowage(['push', 'dist', '--version', '1.4.1']);

    expect(ran.code).toBe(0);
    expect(most).toBe(4);
  });

  test('takes quoted globs', async () => {
    const ran = await house.stowage(['push', 'dist/*.yml', '--version', 'globs', '--json']);

    expect(ran.code).toBe(0);
    expect(jsonLines<Line>(ran.stdout).map(({ file }) => file)).toEqual([
      'dist/latest-mac.yml',
      'dist/latest.yml',
    ]);
  });
});

describe('nothing is published', () => {
  test('if one file among several is missing', async () => {
    const ran = await house.stowage(['push', 'dist', 'nope.txt', '--version', 'missing']);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('nothing was sent');
    expect(ran.stderr).toContain('there is no file nope.txt');
    await expect(client.getVersion('missing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('if names are taken or invalid: all of them are listed, with the reasons', async () => {
    await folder('old', ['one.zip', 'two.zip']);
    await house.stowage(['push', 'old', '--version', 'clash']);
    await folder('new', ['free.zip', 'nul.txt']);
    await writeFile(house.path('new/one.zip'), 'other bytes');
    house.proxy.reset();

    const ran = await house.stowage(['push', 'new', '--version', 'clash']);
    const json = await house.stowage(['push', 'new', '--version', 'clash', '--json']);

    expect(ran.code).toBe(1);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain(
      "nothing was sent: 2 of 3 files can't be published (NOTHING_SENT)\n",
    );
    expect(ran.stderr).toMatch(/ {2}- new\/nul\.txt is invalid: .*device on Windows/);
    expect(ran.stderr).toContain('  - new/one.zip is taken: other bytes have this name\n');
    expect(ran.stderr).toContain('a name that was published never changes');
    expect(jsonLines<Line>(json.stdout).map(({ file, error }) => [file, error?.code])).toEqual([
      ['new/nul.txt', 'INVALID_INPUT'],
      ['new/one.zip', 'ALREADY_EXISTS'],
    ]);
    expect(house.proxy.seen.filter(isAnnouncement)).toEqual([]);
    expect(await published('clash')).toEqual(['one.zip', 'two.zip']);
  });

  test('by --dry-run, which says what would happen to each file', async () => {
    await folder('plan', ['new-arm64.dmg', 'nul.txt', 'there.zip', 'taken.zip']);
    await house.stowage(['push', 'plan/t*.zip', '--version', 'plan']);
    await writeFile(house.path('plan/taken.zip'), 'other bytes');
    const before = await published('plan');
    house.proxy.reset();

    const ran = await house.stowage(['push', 'plan', '--version', 'plan', '--dry-run']);
    const json = await house.stowage(['push', 'plan', '--version', 'plan', '--dry-run', '--json']);
    const good = await house.stowage(['push', 'dist', '--version', 'none', '--dry-run']);

    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 1, stderr: '' });
    expect(ran.stdout.split('\n')).toEqual([
      'plan/new-arm64.dmg: would publish, 13 B (macos, arm64, dmg)',
      expect.stringMatching(/^plan\/nul\.txt: invalid: /),
      'plan/taken.zip: taken: other bytes have this name',
      'plan/there.zip: already there, 9 B',
      '4 files, nothing was sent: 1 would publish, 1 invalid, 1 taken, 1 already there',
      '',
    ]);
    expect(jsonLines<Line>(json.stdout).map(({ outcome }) => outcome)).toEqual([
      'would-publish',
      'invalid',
      'taken',
      'already-there',
    ]);
    expect(good.code).toBe(0);
    expect(await published('plan')).toEqual(before);
    await expect(client.getVersion('none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(house.proxy.seen.filter(isAnnouncement)).toEqual([]);
  });

  test('where a SHA256SUMS says something else; an equal one is left out', async () => {
    const names = ['a.zip', 'b.zip'];
    await folder('sums', names);
    const sums = names.map((name) => `${sha256Of(name)}  ${name}\n`).join('');
    await writeFile(house.path('sums/SHA256SUMS'), `${sums}${sha256Of('x')}  x.zip\n`);

    const refused = await house.stowage(['push', 'sums', '--version', 'sums']);
    await writeFile(house.path('sums/SHA256SUMS'), sums);
    const ran = await house.stowage(['push', 'sums', '--version', 'sums']);

    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('it names x.zip, which is not pushed with it');
    expect(ran).toMatchObject({
      code: 0,
      stderr: 'sums/SHA256SUMS: left out, the service makes the same one\n',
    });
    expect(await published('sums')).toEqual(names);
  });
});

describe('a draft', () => {
  test('is invisible while it fills, and visible as a whole', async () => {
    const seen = new Set<string>();
    const look = async () => {
      const found = await published('draft').catch(() => []);
      seen.add(`${found.length} files`);
      for (const name of RELEASE)
        seen.add(
          await client.link('draft', name).then(
            () => 'a link',
            () => 'no link',
          ),
        );
    };
    house.proxy.decide = async (answered): Promise<Fate> => {
      // Before each byte, before each proof, and before the release.
      if (isBlobPut(answered) || answered.path.endsWith('/complete') || answered.method === 'PUT')
        await look();
      return 'forward';
    };

    const ran = await house.stowage(['push', 'dist', '--version', 'draft']);

    expect(ran.code).toBe(0);
    expect([...seen]).toEqual(['0 files', 'no link']);
    expect(await published('draft')).toEqual(RELEASE);
  });

  test('stays where a push is killed; the same command again fills and releases it', async () => {
    let child: ChildProcess | undefined;
    let puts = 0;
    house.proxy.decide = (seen) => {
      if (!isBlobPut(seen) || ++puts < 7) return 'forward';
      child?.kill('SIGKILL');
      return new Promise(() => undefined);
    };
    const words = ['push', 'dist', '--version', 'killed'];

    const killed = await house.stowage(words, {
      started: (process) => {
        child = process;
      },
    });
    house.proxy.reset();
    const between = await client.getVersion('killed');
    const ran = await house.stowage(words);

    expect(killed.code).toBeNull();
    expect(between.draft).toBe(true);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/already there; version killed is released\n$/);
    expect(await published('killed')).toEqual(RELEASE);
  });

  test('stays where a file fails, and says what to do', async () => {
    await folder('fails', ['bad.zip', 'good.zip']);
    house.proxy.decide = (seen) =>
      isBlobPut(seen) && seen.path.endsWith('/bad.zip') ? { status: 400 } : 'forward';
    const words = ['push', 'fails', '--version', 'fails'];

    const failed = await house.stowage(words);
    house.proxy.reset();
    const between = await published('fails').catch(({ code }) => code);
    const ran = await house.stowage(words);

    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('2 files, 8 B: 1 pushed, 1 failed; version fails is a draft');
    expect(failed.stderr).toMatch(
      /version fails stays a draft: 1 failed \(NOT_RELEASED\)\n {2}readers see nothing of it; run the same command again/,
    );
    expect(between).toBe('NOT_FOUND');
    expect(ran.code).toBe(0);
    expect(await published('fails')).toEqual(['bad.zip', 'good.zip']);
  });

  test('stays one with --draft, also of one file, until it is released', async () => {
    const only = await house.stowage(['push', 'dist/RELEASES', '--version', 'kept', '--draft']);
    const more = await house.stowage(['push', 'dist', '--version', 'kept', '--draft']);
    const before = await published('kept').catch(({ code }) => code);
    const released = await house.stowage(['release', 'kept']);
    const again = await house.stowage(['release', 'kept', '--json']);
    const nothing = await house.stowage(['release', 'nowhere']);

    expect(only.stderr).toBe('version kept is a draft until: stowage release kept\n');
    expect(more.stdout).toMatch(/; version kept is a draft until: stowage release kept\n$/);
    expect(before).toBe('NOT_FOUND');
    expect(released).toEqual({ code: 0, stdout: 'kept: released\n', stderr: '' });
    expect(JSON.parse(again.stdout)).toMatchObject({ versionId: 'kept', draft: false });
    expect(nothing.code).toBe(1);
    await expect(client.getVersion('nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await published('kept')).toEqual(RELEASE);
  });

  test('with an upload under way is not released, which names the way out', async () => {
    await house.stowage(['push', 'dist/RELEASES', '--version', 'busy', '--draft']);
    const sha256 = sha256Of('x');
    await client.createPackage('busy', { filename: 'half.zip', size: 1, sha256 });

    const ran = await house.stowage(['release', 'busy']);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/half is pending.*\(NOT_UPLOADED\)\n.*stowage rm busy\/PACKAGE/);
  });

  test('is not needed for one file, and not made of a version that is released', async () => {
    await folder('more', ['more.zip', 'again.zip']);
    await house.stowage(['push', 'dist/RELEASES', '--version', 'single']);
    const puts = house.proxy.countOf('PUT', /^\/v1\/versions\/single$/);

    const ran = await house.stowage(['push', 'more', '--version', 'single']);

    expect(puts).toBe(0);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toBe(
      'version single is released already: the files are published one by one\n',
    );
    expect(ran.stdout).toMatch(/2 files, 17 B: 2 pushed\n$/);
  });
});

describe('Ctrl-C', () => {
  test('leaves a clean last line and the draft, and names what it was at', async () => {
    let child: ChildProcess | undefined;
    let puts = 0;
    house.proxy.decide = (seen) => {
      if (!isBlobPut(seen) || ++puts < 3) return 'forward';
      child?.kill('SIGINT');
      return new Promise(() => undefined);
    };

    const ran = await house.stowage(['push', 'dist', '--version', 'stopped'], {
      started: (process) => {
        child = process;
      },
    });

    expect(ran.code).toBe(130);
    expect(ran.stderr).toBe(
      'version stopped stays a draft: readers see nothing of it\nstowage: stopped (INTERRUPTED)\n  run the same command again to go on\n',
    );
  });
});

describe('a server of release 8542cd9', () => {
  let release: Release;
  let server: ServerProcess;
  beforeAll(async () => {
    release = await unpackRelease();
    server = await release.serve(house.path('old-storage'));
  });
  afterAll(async () => {
    await server.stop();
    await release.remove();
  });

  const stowage = (...words: readonly string[]) =>
    runCli(words, {
      cwd: house.folder,
      env: { STOWAGE_URL: server.url, STOWAGE_TOKEN: server.adminToken },
    });

  test('gets the names that it knows, one file by one', async () => {
    await folder('mixed', ['Tool 1.4-linux-amd64', 'app.tar.gz']);

    const ran = await stowage('push', 'mixed', '--version', '1.0.0', '--ext', 'bin');
    const again = await stowage('push', 'mixed', '--version', '1.0.0', '--ext', 'bin', '--json');

    expect({ code: ran.code, stderr: ran.stderr }).toEqual({
      code: 0,
      stderr: 'this server is of an older release: the files are published one by one\n',
    });
    expect(ran.stdout).toContain(`  ${server.url}/packages/1.0.0/app.tar.gz\n`);
    expect((await readdir(house.path('old-storage/packages/1.0.0'))).sort()).toEqual([
      'Tool-1-4-linux-amd64.bin',
      'app.tar.gz',
    ]);
    expect(jsonLines<Line>(again.stdout).map(({ outcome }) => outcome)).toEqual([
      'already-there',
      'already-there',
    ]);
    await rm(house.path('mixed'), { recursive: true });
  });

  test('says what it lacks, and sends nothing', async () => {
    for (const [flag, what] of [
      ['--draft', 'knows no drafts'],
      ['--dry-run', 'can not check names'],
    ] as const) {
      const ran = await stowage('push', 'dist/latest.yml', '--version', '2', flag);

      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain(`this server is of an older release and ${what}`);
    }
    const ran = await stowage('push', 'dist', '--version', '2');
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/RELEASES has no ext|would both be package/);
    expect(await readdir(house.path('old-storage/packages'))).not.toContain('2');
  });
});
