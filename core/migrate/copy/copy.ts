/** The types of one copy from store to store: what it gets, and what it returns. */

import type { ErrorCode } from '../../errors.ts';
import type { BlobInfo, BlobStore, UploadTerms } from '../../ports/blob-store.ts';
import type { BytesInStore, Journal } from '../../ports/journal.ts';
import type { MultipartTerms } from '../../ports/multipart-store.ts';
import type { Statements } from '../../ports/statements.ts';
import type { Buffers } from './buffers.ts';
import type { OutcomeName } from './outcome.ts';
import type { Patience } from './patience.ts';

/** One of the two stores of a migration. */
export interface Side {
  /**
   * Which store this is, for the journal: a folder's absolute path, or endpoint, bucket and prefix.
   * Holds no secret.
   */
  readonly place: string;
  readonly store: BlobStore;
  /** @default those of this side are not copied */
  readonly statements?: Statements;
}

/**
 * How the journal names bytes of a store. Nothing finer than a list of the store can be used: what
 * has the same fingerprint is not read again. Lists of S3 name no object versions.
 */
export function bytesOf({ place }: Side, { key, fingerprint, size, etag }: BlobInfo): BytesInStore {
  return { place, key, fingerprint: fingerprint ?? `${size} ${etag}` };
}

export interface CopyDeps {
  readonly from: Side;
  readonly to: Side;
  readonly journal: Journal;
  /** For the bytes in transit. */
  readonly buffers: Buffers;
  /** Reads every byte back from the target, also those that it took under proof. */
  readonly verifyFull: boolean;
  /** Gets the number of bytes that the target has taken. */
  readonly sent?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @default a store that is unavailable is not waited for */
  readonly patience?: Patience | undefined;
}

/** What the target must hold afterwards. */
export interface Wanted {
  readonly source: BlobInfo;
  /** Without `sha256`: any bytes that the source holds. */
  readonly terms: MultipartTerms;
}

export type Copy =
  | {
      readonly outcome: 'copied' | 'there';
      readonly blob: BlobInfo;
      readonly terms: UploadTerms;
      readonly sentBytes: number;
    }
  | {
      readonly outcome: Extract<OutcomeName, 'corrupt' | 'occupied' | 'changed' | 'unreadable'>;
      readonly detail: string;
      readonly sentBytes: number;
      readonly code?: ErrorCode;
    };

/** `Wanted`, once it is known what the source holds. */
export interface WantedBytes extends Wanted {
  readonly terms: UploadTerms;
}
