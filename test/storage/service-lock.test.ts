/**
 * The lock of a server on its storage: it has one holder, and is freed when that releases it or
 * dies.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ServiceLock } from '../../storage/sqlite/service-lock.ts';

const LOCK_MODULE = new URL('../../storage/sqlite/service-lock.ts', import.meta.url).href;

describe('ServiceLock', () => {
  let folder: string;
  let path: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stowage-lock-'));
    path = join(folder, 'service.lock');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  /** A process that holds the lock until it is killed. */
  async function holder(): Promise<ChildProcess> {
    const program = `
      import { ServiceLock } from ${JSON.stringify(LOCK_MODULE)};
      ServiceLock.acquire(${JSON.stringify(path)});
      process.stdin.resume();
      console.log('held');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const [line] = await once(child.stdout, 'data');
    expect(String(line)).toBe('held\n');
    return child;
  }

  const inUse = () =>
    expect.objectContaining({
      code: 'CONFLICT',
      message: `${path} is in use by another server; stop that one, or give this one a storage path of its own`,
    });

  test('a second lock in the same process is refused until the first is released', () => {
    const first = ServiceLock.acquire(path);
    expect(() => ServiceLock.acquire(path)).toThrow(inUse());
    expect(() => ServiceLock.acquire(path)).toThrow(inUse());

    first.release();
    first.release();

    ServiceLock.acquire(path).release();
  });

  test('a lock that another process holds is refused, and free once that process is killed', async () => {
    const child = await holder();
    expect(() => ServiceLock.acquire(path)).toThrow(inUse());

    child.kill('SIGKILL');
    const [, signal] = await once(child, 'exit');

    expect(signal).toBe('SIGKILL');
    ServiceLock.acquire(path).release();
  });

  test('locks on two paths are independent', () => {
    const first = ServiceLock.acquire(path);

    ServiceLock.acquire(join(folder, 'other.lock')).release();

    first.release();
  });

  test('holding it creates only the lock file, and a journal left beside it does no harm', async () => {
    await writeFile(`${path}-journal`, 'left by somebody');

    const lock = ServiceLock.acquire(path);
    expect(() => ServiceLock.acquire(path)).toThrow(inUse());
    lock.release();
    await rm(`${path}-journal`, { force: true });
    ServiceLock.acquire(path).release();

    expect(await readdir(folder)).toEqual(['service.lock']);
  });

  test("a path that can't hold a lock is reported", async () => {
    const missing = join(folder, 'missing', 'service.lock');
    await writeFile(path, "this is somebody else's file".repeat(50));

    expect(() => ServiceLock.acquire(missing)).toThrow(
      expect.objectContaining({ code: 'UNAVAILABLE', message: expect.stringContaining(missing) }),
    );
    expect(() => ServiceLock.acquire(path)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    );
  });
});
