/** Picks the blob version out of what a store reports about stored bytes. */
import type { BlobVersion } from './records.ts';

export function versionOf({ etag, objectVersion }: BlobVersion): BlobVersion {
  return objectVersion === undefined ? { etag } : { etag, objectVersion };
}
