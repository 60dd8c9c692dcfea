/** One of the two stores of a migration, and how its bytes are named in the journal. */
import type { BlobInfo, BlobStore } from '../../ports/blob-store.ts';
import type { BytesInStore } from '../../ports/journal.ts';

export interface Side {
  /** Which store this is, for the journal: a folder's absolute path, or endpoint, bucket and prefix. Holds no secret. */
  readonly place: string;
  readonly store: BlobStore;
}

/** As fine as a list of the store can tell: what has the same fingerprint need not be read again. Lists of S3 name no versions. */
function fingerprintOf({ fingerprint, size, etag }: BlobInfo): string {
  return fingerprint ?? `${size} ${etag}`;
}

export function bytesOf({ place }: Side, info: BlobInfo): BytesInStore {
  return { place, key: info.key, fingerprint: fingerprintOf(info) };
}
