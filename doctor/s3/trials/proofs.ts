/**
 * Tests what the store checks and reports about bytes. A package needs a proof, or is read back.
 */
import { ListPartsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Trial } from '../../../core/doctor/examine.ts';
import { kept, notKept } from '../../../core/doctor/report.ts';
import { isServiceError } from '../../../core/errors.ts';
import type { PackageKey } from '../../../core/names.ts';
import { translating } from '../../../storage/s3/bucket/errors.ts';
import type { S3Integrity } from '../../../storage/s3/bucket/s3-settings.ts';
import { look } from '../../../storage/s3/bucket/stored-object.ts';
import { storeIdOf } from '../../../storage/s3/bucket/upload-id.ts';
import { type Bench, GOOD, OTHER, sha256Of } from '../bench/bench.ts';
import { beginUpload, termsOfPart, uploadInParts } from '../bench/parts.ts';
import { refusalOf } from '../bench/send.ts';
import { REACHED } from './reach.ts';

const GROUP = 'Proof';
const READ_BACK = 'Stowage reads every upload back before it is published';

export const PROOFS: readonly Trial<Bench>[] = [
  {
    id: 'checksum-of-put',
    group: GROUP,
    promise: 'a PUT with a wrong x-amz-checksum-sha256 in its header is refused',
    need: 'never',
    otherwise: 'Stowage hashes what it sends itself before it sends it',
    after: REACHED,
    async attempt(bench) {
      const refusal = await putWithWrongChecksum(bench, bench.newKey());
      return refusal === undefined ? notKept('it was taken') : kept(refusal);
    },
  },
  {
    id: 'sha256-in-head',
    group: GROUP,
    promise: 'HEAD returns the SHA-256 of the whole object, as checked on arrival',
    need: 'never',
    otherwise: READ_BACK,
    after: 'upload-checksum',
    async attempt(bench) {
      const key = bench.newKey();
      await bench.send(await bench.signUpload('checksum', key, GOOD), GOOD);
      const got = (await look(bench.bucket, key))?.info.sha256;
      if (got === undefined) return notKept('it returns none');
      return got === sha256Of(GOOD) ? kept('it does') : notKept(`it returns another: ${got}`);
    },
  },
  {
    id: 'sha256-of-parts',
    group: GROUP,
    promise: 'HEAD returns no SHA-256 for an object in parts, or that of the whole object',
    need: 'with checksum',
    otherwise: 'Stowage would take right bytes for wrong ones: use another store',
    after: 'multipart',
    async attempt(bench) {
      const key = bench.newKey();
      const { store } = bench;
      await store.completeMultipart(await uploadInParts(bench, 'checksum', key, [GOOD]));
      const got = (await look(bench.bucket, key))?.info.sha256;
      return got === undefined || got === sha256Of(GOOD)
        ? kept(got ?? 'it returns none')
        : notKept(`it returns ${got}`);
    },
  },
  ...(['checksum', 'payload'] as const).map(boundPart),
  {
    id: 'part-checksums-listed',
    group: GROUP,
    promise: 'ListParts returns the SHA-256 that a part was sent with',
    need: 'never',
    otherwise:
      'Stowage can not repeat it when parts are joined: it binds parts by their payload, as S3_INTEGRITY=payload does',
    after: 'part-checksum',
    async attempt(bench) {
      const key = bench.newKey();
      const upload = await beginUpload(bench, 'checksum', key, [GOOD], bench.checksumParts);
      await bench.send(await bench.signPart(upload, termsOfPart('checksum', 1, GOOD)), GOOD);
      const command = new ListPartsCommand({
        ...bench.bucket.object(key),
        UploadId: storeIdOf(upload.uploadId),
      });
      const { Parts: [part] = [] } = await bench.bucket.client.send(command);
      return part?.ChecksumSHA256 === undefined ? notKept('it returns none') : kept('it does');
    },
  },
];

function boundPart(form: S3Integrity): Trial<Bench> {
  return {
    id: `part-${form}`,
    group: GROUP,
    promise: `a part with other bytes than its SHA-256 is refused (S3_INTEGRITY=${form})`,
    need: form === 'checksum' ? 'with checksum' : 'with payload',
    otherwise:
      'what was joined of parts is read back before it is published, but the wrong part is found only then',
    after: 'multipart',
    async attempt(bench) {
      const store = form === 'checksum' ? bench.checksumParts : bench.storeOf(form);
      const upload = await beginUpload(bench, form, bench.newKey(), [GOOD], store);
      const part = { partNumber: 1, size: GOOD.length, sha256: sha256Of(GOOD) };
      return refusalOf(await bench.send(await bench.signPart(upload, part), OTHER));
    },
  };
}

/** Sends without the driver. @returns the store's refusal; undefined if it takes the wrong bytes */
async function putWithWrongChecksum(
  { bucket }: Bench,
  key: PackageKey,
): Promise<string | undefined> {
  const ChecksumSHA256 = Buffer.from(sha256Of(GOOD), 'hex').toString('base64');
  // A policy of the bucket may demand the condition.
  const command = new PutObjectCommand({
    ...bucket.object(key),
    Body: OTHER,
    ChecksumSHA256,
    IfNoneMatch: '*',
  });
  try {
    await translating('storing with a wrong checksum', () => bucket.client.send(command));
    return undefined;
  } catch (error) {
    if (isServiceError(error, 'INTEGRITY')) return error.message;
    throw error;
  }
}
