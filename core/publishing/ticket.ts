/** What travels through a verification queue: which upload is to be verified, who asked last, and how far it has been read. */
import type { BlobVersion, PackageRecord, Timestamp } from '../records.ts';

/** Which upload: its package and its attempt, as of the moment at which somebody last worked on it. */
export type VerificationRequest = Pick<
  PackageRecord,
  'versionId' | 'packageId' | 'attemptId' | 'touchedAt'
>;

/** Bytes that were hashed in earlier steps. */
export interface VerificationProgress {
  /** Which bytes: others that stand in their place are read from the start. */
  readonly version: BlobVersion;
  /** The first so many bytes have been hashed. */
  readonly hashedBytes: number;
  /** Of the hash after them, as `ResumableHash.save` gave it. */
  readonly state: string;
}

export interface VerificationTicket extends VerificationRequest {
  /** Absent at the start. */
  readonly progress?: VerificationProgress;
}

/** The ticket of a record as it stands. */
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
    ...(progress === undefined ? {} : { progress }),
  };
}

/** When somebody last showed that they work on it, in seconds. */
export function idleSeconds(touchedAt: Timestamp, now: Date): number {
  return (now.getTime() - Date.parse(touchedAt)) / 1000;
}
