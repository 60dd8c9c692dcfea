/** DiskStore with its gateway keeps the contract, also where the file system ignores case. */
import { describeBlobStore } from './blob-store.contract.ts';
import { openDiskHarness } from './disk-harness.ts';

describeBlobStore('DiskStore', () => openDiskHarness());
