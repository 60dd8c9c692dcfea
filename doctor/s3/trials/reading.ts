/**
 * Tests that signed downloads return the stored bytes with the headers of the link, and only then.
 */
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Trial } from '../../../core/doctor/examine.ts';
import { kept, notKept, type StorePromise } from '../../../core/doctor/report.ts';
import type { PackageKey } from '../../../core/names.ts';
import { isS3Error } from '../../../storage/s3/bucket/errors.ts';
import { type Bench, DOWNLOAD, GOOD } from '../bench/bench.ts';
import { type Changes, refusalOf, type TrialResponse } from '../bench/send.ts';
import { REACHED } from './reach.ts';

const GROUP = 'Downloads';
const SERVED = 'set PRESIGNED_URLS=false: the service sends downloads itself then';

export const READING: readonly Trial<Bench>[] = [
  get(
    'get',
    'a signed link gives the stored bytes',
    {},
    ({ status, body }) => status === 200 && body.equals(GOOD),
    REACHED,
  ),
  get(
    'get-disposition',
    'with the filename of the link, whatever characters it has',
    {},
    ({ headers }) => headers['content-disposition'] === DOWNLOAD.contentDisposition,
  ),
  get(
    'get-type',
    'with the content type of the link',
    {},
    ({ headers }) => headers['content-type'] === DOWNLOAD.contentType,
  ),
  get(
    'get-range',
    'a range of the bytes',
    range('bytes=4-8'),
    ({ status, body, headers }) =>
      status === 206 &&
      String(body) === 'bytes' &&
      headers['content-range'] === `bytes 4-8/${GOOD.length}`,
  ),
  get(
    'get-last-bytes',
    'the last bytes',
    range('bytes=-10'),
    ({ status, body }) => status === 206 && body.equals(GOOD.subarray(-10)),
  ),
  get(
    'get-beyond',
    'a range beyond the end is refused (416)',
    range('bytes=1000-'),
    ({ status }) => status === 416,
  ),
  ...refusals(),
  {
    id: 'get-without-signature',
    group: GROUP,
    promise: 'reading needs a signature',
    need: 'with private downloads',
    otherwise: 'anyone who guesses a key needs no token: make the bucket private',
    after: 'get',
    async attempt(bench) {
      const { url, ...signed } = await bench.signDownload(await stored(bench));
      return refusalOf(await bench.send({ ...signed, url: url.slice(0, url.indexOf('?')) }));
    },
  },
  {
    id: 'read-if-match',
    group: GROUP,
    promise: 'reading is bound to an ETag (If-Match on GET)',
    need: 'never',
    otherwise: 'Stowage looks at the ETag before and after it reads back',
    after: 'get',
    async attempt(bench) {
      const object = bench.bucket.object(await stored(bench));
      try {
        await bench.bucket.client.send(
          new GetObjectCommand({ ...object, IfMatch: '"0123456789abcdef0123456789abcdef"' }),
        );
      } catch (error) {
        if (isS3Error(error, 'PreconditionFailed')) return kept('PreconditionFailed');
        throw error;
      }
      return notKept('other bytes than those asked for were sent');
    },
  },
];

function get(
  id: string,
  promise: string,
  changes: Changes,
  isRight: (answer: TrialResponse) => boolean,
  after = 'get',
): Trial<Bench> {
  return {
    ...described(id, promise),
    after,
    async attempt(bench) {
      const answer = await bench.send(
        await bench.signDownload(await stored(bench)),
        undefined,
        changes,
      );
      return isRight(answer)
        ? kept(answer.said)
        : notKept(`answered ${answer.said} ${headersOf(answer)}`);
    },
  };
}

function refusals(): readonly Trial<Bench>[] {
  const trial = (
    id: string,
    promise: string,
    ask: (bench: Bench, key: PackageKey) => Promise<TrialResponse>,
  ): Trial<Bench> => ({
    ...described(id, promise),
    otherwise: 'a link could do more than it was signed for: use another store',
    after: 'get',
    attempt: async (bench) => refusalOf(await ask(bench, await stored(bench))),
  });
  return [
    trial('get-by-head', 'the signature of a GET is none of a HEAD', async (bench, key) =>
      bench.send(await bench.signDownload(key), undefined, { method: 'HEAD' }),
    ),
    trial('get-changed', 'a link whose content type is changed is refused', async (bench, key) => {
      const request = await bench.signDownload(key);
      const url = request.url.replace('x-stowage-download', 'x-stowage-changed');
      return bench.send(request, undefined, { url });
    }),
    trial('get-expired', 'an expired link is refused', async (bench, key) =>
      bench.send(await bench.signDownloadLongAgo(key)),
    ),
  ];
}

function described(id: string, promise: string): StorePromise {
  return { id, group: GROUP, promise, need: 'always', otherwise: SERVED };
}

async function stored(bench: Bench): Promise<PackageKey> {
  const key = bench.newKey();
  await bench.put(key, GOOD);
  return key;
}

function range(wanted: string): Changes {
  return { headers: { range: wanted } };
}

function headersOf({ headers }: TrialResponse): string {
  const names = ['content-type', 'content-disposition', 'content-range', 'content-length'];
  return names.map((name) => `${name}: ${headers[name] ?? 'none'}`).join(', ');
}
