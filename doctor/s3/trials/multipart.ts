/** Tests that multipart uploads can be sent, listed, joined and aborted as the service does it. */
import { setTimeout as delay } from 'node:timers/promises';
import { CompleteMultipartUploadCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import type { Trial } from '../../../core/doctor/examine.ts';
import { kept, notKept, type TrialResult } from '../../../core/doctor/report.ts';
import { isServiceError } from '../../../core/errors.ts';
import type { MultipartUpload } from '../../../core/ports/multipart-store.ts';
import { isS3Error } from '../../../storage/s3/bucket/errors.ts';
import { storeIdOf } from '../../../storage/s3/bucket/upload-id.ts';
import { type Bench, GOOD, OTHER, termsFor } from '../bench/bench.ts';
import { beginUpload, termsOfPart, uploadInParts } from '../bench/parts.ts';
import { refusalOf } from '../bench/send.ts';
import { pagesParts, pagesUploads } from './multipart-pages.ts';
import { REACHED } from './reach.ts';

const GROUP = 'Uploads in parts';
const SENDS = 3;
const SECOND_MS = 1_000;
/** The smallest part that S3 takes, unless it is the last. */
const FULL_PART = Buffer.alloc(5 * 1024 * 1024, 'part');

const ANYWAY = {
  group: GROUP,
  need: 'always',
  otherwise: 'files above 100 MiB could not be published: use another store',
} as const;

export const MULTIPART: readonly Trial<Bench>[] = [
  {
    ...ANYWAY,
    id: 'multipart',
    promise: 'parts are joined to the file that was announced, the last one however small',
    after: REACHED,
    attempt: joins,
  },
  {
    ...ANYWAY,
    id: 'multipart-length',
    promise: 'a part of another length than signed is refused',
    otherwise: 'joining counts the bytes of every part, and what was joined is read back',
    after: 'multipart',
    async attempt(bench) {
      const upload = await beginUpload(bench, 'none', bench.newKey(), [GOOD]);
      const request = await bench.signPart(upload, termsOfPart('none', 1, GOOD));
      return refusalOf(await bench.send(request, Buffer.concat([GOOD, GOOD])));
    },
  },
  {
    ...ANYWAY,
    id: 'multipart-number',
    promise: 'the request of one part is not good for another',
    otherwise: 'what was joined is read back before it is published',
    after: 'multipart',
    async attempt(bench) {
      const upload = await beginUpload(bench, 'none', bench.newKey(), [GOOD]);
      const request = await bench.signPart(upload, termsOfPart('none', 1, GOOD));
      const url = request.url.replace('partNumber=1', 'partNumber=2');
      return refusalOf(await bench.send(request, GOOD, { url }));
    },
  },
  {
    ...ANYWAY,
    id: 'multipart-again',
    promise: 'a part that is sent again takes the place of the first',
    after: 'multipart',
    async attempt(bench) {
      const key = bench.newKey();
      const upload = await uploadInParts(bench, 'none', key, [OTHER]);
      await sendUntilClear(bench, upload);
      return (await bench.read(key)).equals(GOOD)
        ? kept('the second counts')
        : notKept('the first counts');
    },
  },
  {
    ...ANYWAY,
    id: 'multipart-pages',
    promise: 'ListParts lists all parts, page by page',
    after: 'multipart',
    attempt: pagesParts,
  },
  {
    ...ANYWAY,
    id: 'multipart-uploads',
    promise: 'ListMultipartUploads lists unfinished uploads, page by page',
    need: 'never',
    otherwise: 'what the sweep can not find is left to a lifecycle rule of the bucket',
    after: 'multipart',
    attempt: pagesUploads,
  },
  {
    ...ANYWAY,
    id: 'multipart-abort',
    promise: 'an aborted upload is gone, and its requests are dead',
    otherwise:
      'parts that are never joined could stay forever: set a lifecycle rule that aborts old uploads',
    after: 'multipart',
    async attempt(bench) {
      const upload = await uploadInParts(bench, 'none', bench.newKey(), [GOOD]);
      const request = await bench.signPart(upload, termsOfPart('none', 1, GOOD));
      await bench.store.abortMultipart(upload);
      return refusalOf(await bench.send(request, GOOD));
    },
  },
  {
    ...ANYWAY,
    id: 'multipart-abort-again',
    promise: 'aborting an upload that is gone harms nothing',
    otherwise: 'the sweep would report a failure for each upload that somebody else has removed',
    after: 'multipart-abort',
    async attempt(bench) {
      const upload = await beginUpload(bench, 'none', bench.newKey(), [GOOD]);
      for (let time = 1; time <= 2; time += 1) await bench.store.abortMultipart(upload);
      return kept('no error');
    },
  },
  {
    id: 'multipart-etag',
    group: GROUP,
    promise: 'the response to joining has the ETag',
    need: 'never',
    otherwise: 'Stowage asks by HEAD',
    after: 'multipart',
    async attempt(bench) {
      const { ETag: etag = '' } = await joinPlainly(bench, [GOOD]);
      return etag === '' ? notKept('it is empty') : kept('it is there');
    },
  },
  {
    id: 'multipart-empty-part',
    group: GROUP,
    promise: 'an upload of one empty part becomes an empty file',
    need: 'never',
    otherwise: 'no package is empty: the service takes one byte or more',
    after: 'multipart',
    async attempt(bench) {
      await joinPlainly(bench, [Buffer.alloc(0)]);
      return kept('it was joined');
    },
  },
  {
    id: 'multipart-small-part',
    group: GROUP,
    promise: 'a part below 5 MiB that is not the last is refused at the join',
    need: 'never',
    otherwise: 'parts of Stowage have 16 MiB or more',
    after: 'multipart',
    async attempt(bench) {
      try {
        await joinPlainly(bench, [GOOD, GOOD]);
      } catch (error) {
        if (isS3Error(error, 'EntityTooSmall')) return kept('EntityTooSmall');
        throw error;
      }
      return notKept('it was joined');
    },
  },
];

/**
 * A store may list both copies of a part with the same time, in whole seconds. Then neither counts,
 * and the part is sent once more, as clients do.
 */
async function sendUntilClear(bench: Bench, upload: MultipartUpload): Promise<void> {
  for (let time = 1; ; time += 1) {
    await bench.send(await bench.signPart(upload, termsOfPart('none', 1, GOOD)), GOOD);
    try {
      await bench.store.completeMultipart(upload);
      return;
    } catch (error) {
      if (time === SENDS || !isServiceError(error, 'NOT_UPLOADED')) throw error;
      await delay(SECOND_MS);
    }
  }
}

async function joins(bench: Bench): Promise<TrialResult> {
  const key = bench.newKey();
  const parts = [FULL_PART, GOOD];
  const { attemptId, storedHeaders } = await bench.store.completeMultipart(
    await uploadInParts(bench, 'none', key, parts),
  );
  const terms = termsFor(Buffer.concat(parts));
  if (!(await bench.read(key)).equals(Buffer.concat(parts))) return notKept('the bytes are others');
  const isAsAnnounced =
    storedHeaders?.contentType === terms.contentType && attemptId === terms.attemptId;
  return isAsAnnounced ? kept('two parts were joined') : notKept('its type or metadata were lost');
}

/** Joins without the driver, which would compare lengths and send a HEAD request. */
async function joinPlainly(bench: Bench, parts: readonly Buffer[]) {
  const key = bench.newKey();
  const { uploadId } = await uploadInParts(bench, 'none', key, parts);
  const upload = { ...bench.bucket.object(key), UploadId: storeIdOf(uploadId) };
  const { Parts = [] } = await bench.bucket.client.send(new ListPartsCommand(upload));
  const MultipartUpload = { Parts: Parts.map(({ ETag, PartNumber }) => ({ ETag, PartNumber })) };
  // A policy of the bucket may demand the condition.
  return bench.bucket.client.send(
    new CompleteMultipartUploadCommand({ ...upload, IfNoneMatch: '*', MultipartUpload }),
  );
}
