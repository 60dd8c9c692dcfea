/** Checks parts of a multipart upload, in the same way for every store. */
import { createHash } from 'node:crypto';
import { ServiceError } from '../core/errors.ts';
import type { UploadTerms } from '../core/ports/blob-store.ts';
import type {
  MultipartTerms,
  PartInfo,
  PartPlan,
  PartTerms,
} from '../core/ports/multipart-store.ts';
import { partTerms } from '../core/proof/part-plan.ts';
import { withoutUndefined } from '../core/without-undefined.ts';

/** @throws INVALID_INPUT if the part, or whether it declares a SHA-256, does not fit the plan */
export function requirePartOfPlan(size: number, plan: PartPlan, part: PartTerms): void {
  const planned = partTerms(size, plan, part.partNumber).size;
  if (part.size !== planned) {
    throw new ServiceError(
      'INVALID_INPUT',
      `part ${part.partNumber} must have ${planned} bytes, got ${part.size}`,
    );
  }
  if (plan.partChecksums !== (part.sha256 !== undefined)) {
    const rule = plan.partChecksums ? 'must declare its sha256' : 'must not declare a sha256';
    throw new ServiceError(
      'INVALID_INPUT',
      `part ${part.partNumber} ${rule}: that is fixed when the upload begins`,
    );
  }
}

/**
 * @returns the SHA-256 of the bytes, in hex.
 * @throws INTEGRITY if they are not those of the terms
 */
export function requireBytes(
  terms: { readonly size: number; readonly sha256?: string },
  bytes: Buffer,
): string {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length === terms.size && sha256 === (terms.sha256 ?? sha256)) return sha256;
  throw new ServiceError(
    'INTEGRITY',
    `the body must have ${terms.size} bytes of sha256 ${terms.sha256 ?? 'any'}, got ${bytes.length} of ${sha256}`,
  );
}

/**
 * The terms with a hash, which may come as late as completion.
 * @throws INVALID_INPUT without one
 */
export function wholeTerms(terms: MultipartTerms, sha256: string | undefined): UploadTerms {
  const known = terms.sha256 ?? sha256;
  if (known !== undefined) return { ...terms, sha256: known };
  throw new ServiceError(
    'INVALID_INPUT',
    'the upload was begun without a sha256, and is completed without one',
  );
}

/** @throws NOT_UPLOADED if a part is missing */
export function requireAllParts(
  plan: PartPlan,
  present: { has(partNumber: number): boolean },
): void {
  const missing: number[] = [];
  for (let n = 1; n <= plan.partCount; n += 1) if (!present.has(n)) missing.push(n);
  if (missing.length > 0) {
    const named = missing.slice(0, 10).join(', ');
    throw new ServiceError(
      'NOT_UPLOADED',
      `${missing.length} of ${plan.partCount} parts are missing, the first: ${named}`,
    );
  }
}

/** @param present the parts that have arrived, by number, with the SHA-256 that they declared, if any */
export function partInfos(
  size: number,
  plan: PartPlan,
  present: ReadonlyMap<number, string | undefined>,
): readonly PartInfo[] {
  return [...present]
    .sort(([a], [b]) => a - b)
    .map(([partNumber, sha256]) => {
      const { size: bytes } = partTerms(size, plan, partNumber);
      return { partNumber, size: bytes, ...withoutUndefined({ sha256 }) };
    });
}
