/**
 * DiskStore on a disk that fails: it throws a clear error, publishes nothing and leaves nothing.
 */
import * as fs from 'node:fs/promises';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { FileSystem } from '../../storage/disk/tree/file-system.ts';
import {
  begin,
  bytesOf,
  keyOf,
  put,
  sendPart,
  TTL_SECONDS,
  termsFor,
  withCode,
} from './blob-contract/harness.ts';
import { filesUnder, openDiskHarness } from './disk-harness.ts';

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** A file system whose matching files take `bytes` in all, and then fail. */
function failingAfter(bytes: number, code: string, matches: RegExp): FileSystem {
  let left = bytes;
  const open = async (...args: Parameters<typeof fs.open>) => {
    const file = await fs.open(...args);
    if (!matches.test(String(args[0]))) return file;
    const writev = file.writev.bind(file);
    file.writev = (async (buffers: Parameters<typeof writev>[0], position?: number) => {
      left -= buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
      if (left < 0) throw errno(code);
      return writev(buffers, position);
    }) as typeof file.writev;
    return file;
  };
  return { ...fs, open };
}

describe('a disk that is full', () => {
  const key = keyOf('linux-x64.tar.gz');
  const bytes = bytesOf(3_000_000);

  test('in the middle of a body: OUT_OF_SPACE, nothing is published or left, and uploads work once there is space', async () => {
    const harness = await openDiskHarness({
      fileSystem: failingAfter(1_500_000, 'ENOSPC', /work/),
    });

    await expect(put(harness.store, key, bytes)).rejects.toEqual(withCode('OUT_OF_SPACE'));

    expect(await harness.store.stat(key)).toBeUndefined();
    expect(await filesUnder(harness.root)).toEqual([]);
    await harness.close();
  });

  test('in the middle of a signed upload: the client gets 507', async () => {
    const harness = await openDiskHarness({
      fileSystem: failingAfter(1_500_000, 'ENOSPC', /work/),
    });
    const request = await harness.store.signUpload(key, termsFor(bytes), TTL_SECONDS);

    const answer = await harness.send(request, bytes);

    expect(answer.status).toBe(507);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ status: 507, code: 'OUT_OF_SPACE' });
    await harness.close();
  });

  test('in the middle of a part: the client gets 507, and the part is not present', async () => {
    const harness = await openDiskHarness({ fileSystem: failingAfter(10_000, 'EDQUOT', /data$/) });
    const { upload, partOf } = await begin(harness, key, bytes.subarray(0, 150_000));

    expect(await sendPart(harness, upload, partOf(1))).toBe(507);

    expect(await harness.store.listParts(upload)).toEqual([]);
    await harness.store.abortMultipart(upload);
    await harness.close();
  });
});

describe('a disk that fails in another way', () => {
  const key = keyOf('linux-x64.tar.gz');

  test.each([
    ['EIO', 'UNAVAILABLE'],
    ['EROFS', 'UNAVAILABLE'],
    ['EACCES', 'UNAVAILABLE'],
    ['EMFILE', 'UNAVAILABLE'],
    ['ENOSPC', 'OUT_OF_SPACE'],
  ])('%s while the file gets its name: %s, and nothing is left', async (code, expected) => {
    const link: FileSystem['link'] = () => Promise.reject(errno(code));
    const harness = await openDiskHarness({ fileSystem: { ...fs, link } });

    await expect(put(harness.store, key, 'pad')).rejects.toEqual(withCode(expected));

    await harness.close();
  });

  test("a note that can't be written whole is removed, too", async () => {
    const open: FileSystem['open'] = async (path, ...rest) => {
      const file = await fs.open(path, ...rest);
      if (!/arrived.\d+$/.test(String(path))) return file;
      file.writeFile = async () => {
        await file.write('{"ke');
        throw errno('ENOSPC');
      };
      return file;
    };
    const harness = await openDiskHarness({ fileSystem: { ...fs, open } });

    await expect(put(harness.store, key, 'pad')).rejects.toEqual(withCode('OUT_OF_SPACE'));

    await harness.close();
  });

  test('a body that the system writes in pieces arrives whole', async () => {
    const open = async (...args: Parameters<typeof fs.open>) => {
      const file = await fs.open(...args);
      const write = file.write.bind(file);
      file.writev = (async (buffers: readonly Uint8Array[], position: number) => {
        const whole = Buffer.concat(buffers);
        const { bytesWritten } = await write(whole, 0, Math.ceil(whole.length / 2), position);
        return { bytesWritten, buffers };
      }) as unknown as typeof file.writev;
      return file;
    };
    const harness = await openDiskHarness({ fileSystem: { ...fs, open: open as typeof fs.open } });
    const bytes = bytesOf(100_000);
    const chunks = Array.from({ length: 100 }, (_, i) => bytes.subarray(i * 1000, (i + 1) * 1000));

    const info = await harness.store.put(key, Readable.from(chunks), termsFor(bytes));

    const stored = await fs.readFile(`${harness.root}/${key}`);
    expect(stored.equals(bytes)).toBe(true);
    await harness.store.delete(key, info);
    await harness.close();
  });

  test('an early sync that failed fails the upload at its end, although the last sync succeeds', async () => {
    const open = async (...args: Parameters<typeof fs.open>) => {
      const file = await fs.open(...args);
      file.datasync = () => Promise.reject(errno('EIO'));
      return file;
    };
    const harness = await openDiskHarness({ fileSystem: { ...fs, open } });

    await expect(put(harness.store, key, bytesOf(9_000_000))).rejects.toEqual(
      withCode('UNAVAILABLE'),
    );

    await harness.close();
  });
});
