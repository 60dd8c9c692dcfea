/** Begins multipart uploads for trials, and sends their parts by signed requests. */
import { ServiceError } from '../../../core/errors.ts';
import type { PackageKey } from '../../../core/names.ts';
import type { MultipartUpload, PartTerms } from '../../../core/ports/multipart-store.ts';
import type { S3Integrity } from '../../../storage/s3/bucket/s3-settings.ts';
import { type Bench, sha256Of, termsFor } from './bench.ts';

type PartProof = 'none' | S3Integrity;

/**
 * @param parts all but the last have the same length
 * @param store begins the upload; the default is what the service would use
 */
export async function beginUpload(
  bench: Bench,
  proof: PartProof,
  key: PackageKey,
  parts: readonly Buffer[],
  store = proof === 'none' ? bench.store : bench.storeOf(proof),
): Promise<MultipartUpload> {
  const plan = {
    partSize: parts[0]?.length ?? 0,
    partCount: parts.length,
    partChecksums: proof !== 'none',
  };
  const terms = termsFor(Buffer.concat(parts));
  const upload = await store.beginMultipart(key, terms, {
    ...plan,
    partSize: Math.max(1, plan.partSize),
  });
  bench.begun.push(upload);
  return upload;
}

export function termsOfPart(proof: PartProof, partNumber: number, bytes: Buffer): PartTerms {
  return { partNumber, size: bytes.length, ...(proof !== 'none' && { sha256: sha256Of(bytes) }) };
}

/** Begins an upload and sends all parts. @throws UNAVAILABLE if one is refused */
export async function uploadInParts(
  bench: Bench,
  proof: PartProof,
  key: PackageKey,
  parts: readonly Buffer[],
): Promise<MultipartUpload> {
  const upload = await beginUpload(bench, proof, key, parts);
  for (const [index, bytes] of parts.entries()) {
    const request = await bench.signPart(upload, termsOfPart(proof, index + 1, bytes));
    const { status, said } = await bench.send(request, bytes);
    if (status !== 200)
      throw new ServiceError('UNAVAILABLE', `part ${index + 1} was refused: ${said}`);
  }
  return upload;
}
