/** DiskStore on a file system that ignores case, simulated on one that does not. */
import { describe, expect, test } from '@jest/globals';
import {
  begin,
  keyOf,
  keysIn,
  put,
  read,
  sendPart,
  takeAway,
  withCode,
} from './blob-contract/harness.ts';
import { describeBlobStore } from './blob-store.contract.ts';
import { openDiskHarness } from './disk-harness.ts';

describe('names that differ only in case, on a file system that ignores case', () => {
  test.each([
    ['the package', keyOf('Linux.zip'), keyOf('linux.zip')],
    ['the ext', keyOf('linux.ZIP'), keyOf('linux.zip')],
    ['the version', keyOf('linux.zip', '1.0-RC'), keyOf('linux.zip', '1.0-rc')],
    [
      'the version, for another package',
      keyOf('windows.zip', '1.0-RC'),
      keyOf('linux.zip', '1.0-rc'),
    ],
  ])(
    'in %s: the second is refused with its name, and never mistaken for the first',
    async (_what, first, second) => {
      const harness = await openDiskHarness({ ignoresCase: true });
      const { store } = harness;
      const info = await put(store, first, 'first');
      const { upload, partOf } = await begin(harness, second, Buffer.from('second'));
      await sendPart(harness, upload, partOf(1));

      await expect(put(store, second, 'second')).rejects.toThrow(
        /differs only in case from packages/,
      );
      await expect(store.completeMultipart(upload)).rejects.toEqual(withCode('ALREADY_EXISTS'));
      await expect(store.stat(second)).rejects.toEqual(withCode('KEY_OCCUPIED'));
      await expect(store.get(second)).rejects.toEqual(withCode('NOT_FOUND'));
      await store.delete(second, info);

      expect(await keysIn(store)).toEqual([first]);
      expect(await read(store, first)).toBe('first');
      await store.abortMultipart(upload);
      await takeAway(store, first);
      await harness.close();
    },
  );
});

describeBlobStore('DiskStore on a file system that ignores case', () =>
  openDiskHarness({ ignoresCase: true }),
);
