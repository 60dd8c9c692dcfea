/**
 * The ticket in a verification queue: which upload to verify, who asked last, and how far it was
 * read.
 */
import type { Timestamp } from '../clock.ts';
import type { BlobVersion, PackageRecord } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';

/** Names an upload by its package and its attempt, as of the moment when it was last worked on. */
export type VerificationRequest = Pick<
  PackageRecord,
  'versionId' | 'packageId' | 'attemptId' | 'touchedAt'
>;

/** Bytes that were hashed in earlier steps. */
export interface VerificationProgress {
  /** Which bytes. If other bytes are stored now, they are read from the start. */
  readonly version: BlobVersion;
  /** How many bytes from the start were hashed. */
  readonly hashedBytes: number;
  /** The state of the hash after them, as `ResumableHash.save` returned it. */
  readonly state: string;
}

export interface VerificationTicket extends VerificationRequest {
  /** Absent at the start. */
  readonly progress?: VerificationProgress;
}

/** The ticket of a record as it is now. */
export function ticketOf(
  record: VerificationRequest,
  progress?: VerificationProgress,
): VerificationTicket {
  const { versionId, packageId, attemptId, touchedAt } = record;
  return {
    versionId,
    packageId,
    attemptId,
    touchedAt,
    ...withoutUndefined({ progress }),
  };
}

/** How long ago the upload was last worked on, in seconds. */
export function idleSeconds(touchedAt: Timestamp, now: Date): number {
  return (now.getTime() - Date.parse(touchedAt)) / 1000;
}
