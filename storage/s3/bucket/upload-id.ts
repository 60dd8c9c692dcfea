/** Our name of a multipart upload: the store's own, and after it what only we know of the plan. See core/uploads/same-upload.ts. */

import { ServiceError } from '../../../core/errors.ts';
import { type PartPlan, UPLOAD_ID_MARK } from '../../../core/ports/multipart-store.ts';

/** How parts prove their bytes: not at all, by `x-amz-checksum-sha256`, or by the hash in a header signature. */
export type PartProof = 'none' | 'checksum' | 'payload';

/** S3 tells nothing of an upload before it is completed, so its plan travels in its name. */
export interface PlannedUpload {
  /** The store's own name of the upload. */
  readonly storeId: string;
  /** Bytes of the whole file. */
  readonly size: number;
  readonly plan: PartPlan;
  readonly proof: PartProof;
  /** Stored with the object as `stowage-upload`, so that a completion whose answer was lost is known as ours. */
  readonly mark: string;
}

const PROOFS = { n: 'none', c: 'checksum', p: 'payload' } as const satisfies Record<
  string,
  PartProof
>;

export function formatUploadId({ storeId, size, plan, proof, mark }: PlannedUpload): string {
  return `${storeId}${UPLOAD_ID_MARK}${size}.${plan.partSize}.${proof.slice(0, 1)}.${mark}`;
}

/** @throws NOT_FOUND for what is no upload id of this store */
export function parseUploadId(uploadId: string): PlannedUpload {
  const at = uploadId.lastIndexOf(UPLOAD_ID_MARK);
  const found = /^(\d+)\.([1-9]\d*)\.([ncp])\.(.+)$/.exec(uploadId.slice(at + 1));
  const [, size, partSize, letter, mark] = found ?? [];
  const proof = PROOFS[letter as keyof typeof PROOFS];
  if (at < 1 || proof === undefined || mark === undefined) {
    throw new ServiceError(
      'NOT_FOUND',
      `no upload ${JSON.stringify(uploadId.slice(0, 200))} is under way`,
    );
  }
  const plan = {
    partSize: Number(partSize),
    partCount: Math.max(1, Math.ceil(Number(size) / Number(partSize))),
    partChecksums: proof !== 'none',
  };
  return { storeId: uploadId.slice(0, at), size: Number(size), plan, proof, mark };
}

/** The store's own name of an upload, also where that is all there is (an upload that the store listed). */
export function storeIdOf(uploadId: string): string {
  const at = uploadId.lastIndexOf(UPLOAD_ID_MARK);
  return at < 0 ? uploadId : uploadId.slice(0, at);
}
