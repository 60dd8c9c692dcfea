/**
 * Tests that one of several simultaneous writers wins, and that joining parts overwrites nothing.
 */
import { CompleteMultipartUploadCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import type { Trial } from '../../../core/doctor/examine.ts';
import { kept, notKept, type TrialResult } from '../../../core/doctor/report.ts';
import type { PackageKey } from '../../../core/names.ts';
import { storeIdOf } from '../../../storage/s3/bucket/upload-id.ts';
import type { Bench } from '../bench/bench.ts';
import { uploadInParts } from '../bench/parts.ts';
import { REACHED } from './reach.ts';

const GROUP = 'No overwriting';
const RACERS = 8;
export const REPLACED =
  'a published file could be replaced until its upload requests expire: turn versioning off where it is on, or use another store';
const JOINED =
  'Stowage looks before it joins, its catalog lets one attempt win, and bytes of another attempt are found by proof';

export const OVERWRITING: readonly Trial<Bench>[] = [
  {
    id: 'race-of-uploads',
    group: GROUP,
    promise: `of ${RACERS} signed uploads of one key at once one is stored`,
    need: 'always',
    otherwise: REPLACED,
    after: REACHED,
    attempt: raceOfUploads,
  },
  {
    id: 'joining-overwrites-nothing',
    group: GROUP,
    promise: 'parts are not joined over what is stored (If-None-Match on CompleteMultipartUpload)',
    need: 'never',
    otherwise: JOINED,
    after: REACHED,
    async attempt(bench) {
      const key = bench.newKey();
      await bench.put(key, Buffer.from('there first'));
      const said = await join(bench, key, await uploadOf(bench, key, 'there second'));
      const stored = String(await bench.read(key));
      return stored === 'there first'
        ? kept(said)
        : notKept(`answered ${said}, and the bytes are others now`);
    },
  },
  {
    id: 'race-of-completions',
    group: GROUP,
    promise: `of ${RACERS} multipart uploads of one key that are completed at once one is stored`,
    need: 'never',
    otherwise: JOINED,
    after: REACHED,
    async attempt(bench) {
      const key = bench.newKey();
      const uploads: string[] = [];
      for (let racer = 0; racer < RACERS; racer += 1)
        uploads.push(await uploadOf(bench, key, `racer ${racer}`));
      const answers = await Promise.all(uploads.map((uploadId) => join(bench, key, uploadId)));
      return oneWon(answers.filter((said) => said === 'joined').length);
    },
  },
];

async function raceOfUploads(bench: Bench): Promise<TrialResult> {
  const key = bench.newKey();
  const bodies = Array.from({ length: RACERS }, (_, racer) =>
    Buffer.from(`racer ${racer} `.repeat(2000)),
  );
  const requests = await Promise.all(
    bodies.map((body) => bench.signUpload(bench.settings.integrity, key, body)),
  );
  const answers = await Promise.all(
    requests.map((request, racer) => bench.send(request, bodies[racer])),
  );
  return oneWon(answers.filter(({ status }) => status === 200).length);
}

function oneWon(winners: number): TrialResult {
  const seen = `${winners} of ${RACERS} got a success`;
  return winners === 1 ? kept(seen) : notKept(seen);
}

/** @returns the store's own id of an upload whose only part was sent */
async function uploadOf(bench: Bench, key: PackageKey, text: string): Promise<string> {
  const { uploadId } = await uploadInParts(bench, 'none', key, [Buffer.from(text)]);
  return storeIdOf(uploadId);
}

/** Joins without the driver, which would look first. @returns `joined`, or the name of the error */
async function join({ bucket }: Bench, key: PackageKey, UploadId: string): Promise<string> {
  const upload = { ...bucket.object(key), UploadId };
  try {
    const { Parts = [] } = await bucket.client.send(new ListPartsCommand(upload));
    const MultipartUpload = { Parts: Parts.map(({ ETag, PartNumber }) => ({ ETag, PartNumber })) };
    await bucket.client.send(
      new CompleteMultipartUploadCommand({ ...upload, IfNoneMatch: '*', MultipartUpload }),
    );
    return 'joined';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}
