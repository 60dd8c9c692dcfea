/** The CLI when no one reads its output. */
import type { ChildProcess } from 'node:child_process';
import { access, open } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { House } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await House.open();
  for (const name of ['one.bin', 'two.bin', 'three.bin']) await house.write(name, name);
});
afterAll(() => house.close());

/** As `| head` does once it has enough. */
const stopReading = (child: ChildProcess) => void child.stdout?.destroy();

describe('when the reader has stopped', () => {
  test('all work is done', async () => {
    const ran = await house.stowage(
      ['push', 'one.bin', 'two.bin', 'three.bin', '--version', '1', '--json'],
      {
        started: stopReading,
      },
    );

    expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
    for (const name of ['one.bin', 'two.bin', 'three.bin'])
      await access(house.path(`storage/packages/1/${name}`));
  });

  test('the exit code is that of the work', async () => {
    const ran = await house.stowage(
      ['push', 'one.bin', 'nowhere.bin', 'three.bin', '--version', '2', '--json'],
      {
        started: stopReading,
      },
    );

    expect(ran.code).toBe(1);
    await expect(access(house.path('storage/packages/2/three.bin'))).rejects.toThrow('ENOENT');
  });
});

// A device that is always full: Linux alone has one.
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux.each([
  [[], /^stowage: the output can't be written: ENOSPC[^\n]*\(ENOSPC\)\n$/],
  [
    ['--json'],
    /^\{"error":\{"code":"ENOSPC","message":"the output can't be written: ENOSPC[^\n]*\}\}\n$/,
  ],
])('output that can not be written is said once, and exits 1 (%j)', async (flags, said) => {
  const full = await open('/dev/full', 'w');
  try {
    const ran = await house.stowage(['ls', ...flags], { stdout: full.fd });

    expect(ran.stderr).toMatch(said);
    expect(ran.code).toBe(1);
  } finally {
    await full.close();
  }
});
