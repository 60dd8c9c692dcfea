/**
 * Where the launcher keeps compiled code: only in a folder that no other user can write, since that
 * code is run.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ownFolder } from '../../bin/compile-cache.ts';
import { cleanEnvironment } from '../support/server-process.ts';

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'stowage.js');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stowage-launcher-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Runs the launcher in the home, and expects it to do its work whatever becomes of the cache. */
function start(env: Readonly<Record<string, string>> = {}): void {
  const options = {
    cwd: home,
    env: cleanEnvironment({ HOME: home, ...env }),
    encoding: 'utf8',
  } as const;
  const ran = spawnSync(process.execPath, [launcher, '--help'], options);

  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' });
}

/** A folder of the home, made before the launcher runs. */
function made(path: string, mode = 0o700): string {
  const folder = join(home, path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, mode);
  return folder;
}

/** What is in a folder; nothing where there is none. */
function within(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

describe('compiled code', () => {
  test('is not kept in a folder of the temporary folder that another user made first', () => {
    const hostile = made('tmp/node-compile-cache', 0o777);

    start({ TMPDIR: join(home, 'tmp') });

    expect(within(hostile)).toEqual([]);
    expect(within(join(home, 'tmp'))).toEqual(['node-compile-cache']);
  });

  test('is kept in NODE_COMPILE_CACHE where the user names it', () => {
    start({ NODE_COMPILE_CACHE: join(home, 'named') });

    expect(within(join(home, 'named'))).toHaveLength(1);
    expect(within(join(home, '.cache'))).toEqual([]);
  });

  test('is not kept with NODE_DISABLE_COMPILE_CACHE', () => {
    start({ NODE_DISABLE_COMPILE_CACHE: '1' });

    expect(within(home)).toEqual([]);
  });
});

// On other platforms the folder has another place.
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('the folder for compiled code', () => {
  test('is made in the cache folder of the user, closed to all others', () => {
    start();

    const folder = join(home, '.cache', 'stowage', 'compile-cache');
    expect(within(folder)).toHaveLength(1);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test('is made below XDG_CACHE_HOME where that is set', () => {
    made('caches');

    start({ XDG_CACHE_HOME: join(home, 'caches') });

    expect(within(join(home, 'caches/stowage/compile-cache'))).toHaveLength(1);
    expect(within(join(home, '.cache'))).toEqual([]);
  });

  test.each([
    ['itself', '.cache/stowage/compile-cache'],
    ['its parent', '.cache/stowage'],
    ['the cache folder', '.cache'],
  ])('is not used where others can write %s', (_, path) => {
    made('.cache/stowage/compile-cache');
    made(path, 0o777);

    start();

    expect(within(join(home, '.cache/stowage/compile-cache'))).toEqual([]);
  });

  test('is not used where it is a link', () => {
    const elsewhere = made('elsewhere');
    made('.cache/stowage');
    symlinkSync(elsewhere, join(home, '.cache/stowage/compile-cache'));

    start();

    expect(within(elsewhere)).toEqual([]);
  });

  test('is not made below a relative XDG_CACHE_HOME, which would be any working directory', () => {
    made('caches');

    start({ XDG_CACHE_HOME: 'caches' });

    expect(within(join(home, 'caches'))).toEqual([]);
  });

  test('is not used where it belongs to another user', () => {
    const folder = made('.cache/stowage/compile-cache');
    const me = process.geteuid?.() ?? 0;

    expect(ownFolder(folder, me)).toBe(folder);
    expect(ownFolder(folder, me + 1)).toBeUndefined();
  });

  test('is not made where there is no home', () => {
    start({ HOME: join(home, 'nowhere') });

    expect(within(home)).toEqual([]);
  });
});
