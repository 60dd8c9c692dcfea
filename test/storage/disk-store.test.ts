/** DiskStore with its gateway keeps the contract, also on a file system that ignores case. */
import { describeBlobStore } from './blob-store.contract.ts';
import { openDiskHarness } from './disk-harness.ts';

describeBlobStore('DiskStore', () => openDiskHarness());
