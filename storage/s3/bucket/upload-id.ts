/**
 * The upload id that Stowage gives out: the store's own id, followed by the plan of the upload. See
 * core/ports/multipart-store.ts.
 */
import { ServiceError } from '../../../core/errors.ts';
import { type PartPlan, UPLOAD_ID_MARK } from '../../../core/ports/multipart-store.ts';

/**
 * How parts prove their bytes: not at all, by `x-amz-checksum-sha256`, by the hash in a header
 * signature, or by both.
 */
export type PartProof = 'none' | 'checksum' | 'payload' | 'both';

/** Whether parts carry a checksum, which the store keeps and wants repeated when they are joined. */
export function hasChecksum(proof: PartProof): boolean {
  return proof === 'checksum' || proof === 'both';
}

/** S3 says nothing about an upload before it is completed, so the upload id carries the plan. */
export interface PlannedUpload {
  /** The store's own id of the upload. */
  readonly storeId: string;
  /** Bytes of the whole file. */
  readonly size: number;
  readonly plan: PartPlan;
  readonly proof: PartProof;
  /** Stored with the object: it identifies a completion whose response was lost. */
  readonly mark: string;
}

const PROOFS = { n: 'none', c: 'checksum', p: 'payload', b: 'both' } as const satisfies Record<
  string,
  PartProof
>;

export function formatUploadId({ storeId, size, plan, proof, mark }: PlannedUpload): string {
  return `${storeId}${UPLOAD_ID_MARK}${size}.${plan.partSize}.${proof.slice(0, 1)}.${mark}`;
}

/** @throws NOT_FOUND if it is not an upload id of this store */
export function parseUploadId(uploadId: string): PlannedUpload {
  const at = uploadId.lastIndexOf(UPLOAD_ID_MARK);
  const found = /^(\d+)\.([1-9]\d*)\.([ncpb])\.(.+)$/.exec(uploadId.slice(at + 1));
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

/** The store's own id of an upload. An upload that the store listed has only that one. */
export function storeIdOf(uploadId: string): string {
  const at = uploadId.lastIndexOf(UPLOAD_ID_MARK);
  return at < 0 ? uploadId : uploadId.slice(0, at);
}
