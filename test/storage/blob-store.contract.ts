/** The contract of the BlobStore port. Every driver runs this suite. */
import { afterEach, beforeEach, describe } from '@jest/globals';
import type { BlobStoreHarness } from './blob-contract/harness.ts';
import { describeListing } from './blob-contract/listing.ts';
import { describeMultipart } from './blob-contract/multipart.ts';
import { describePartRequests } from './blob-contract/part-requests.ts';
import { describeSignedDownloads } from './blob-contract/signed-downloads.ts';
import { describeSignedUploads } from './blob-contract/signed-uploads.ts';
import { describeStoring } from './blob-contract/storing.ts';

/** Opens a harness with an empty store for each test. A test that leaves a file in it fails. */
export function describeBlobStore(
  name: string,
  openHarness: () => Promise<BlobStoreHarness>,
): void {
  describe(`blob store contract: ${name}`, () => {
    let harness: BlobStoreHarness | undefined;
    beforeEach(async () => {
      harness = await openHarness();
    });
    afterEach(async () => {
      await harness?.close();
      harness = undefined;
    });
    const current = () => {
      if (harness === undefined) throw new Error('the harness is open only while a test runs');
      return harness;
    };

    describe('storing and reading', () => describeStoring(current));
    describe('listing', () => describeListing(current));
    describe('signed uploads', () => describeSignedUploads(current));
    describe('signed downloads', () => describeSignedDownloads(current));
    describe('multipart uploads', () => describeMultipart(current));
    describe('requests for parts', () => describePartRequests(current));
  });
}
