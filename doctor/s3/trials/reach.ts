/**
 * Tests whether the service and the senders of signed requests reach the store, and how fast it is.
 */
import type { Trial } from '../../../core/doctor/examine.ts';
import { kept, notKept, notTried } from '../../../core/doctor/report.ts';
import { look } from '../../../storage/s3/bucket/stored-object.ts';
import { askBucket, wrongClock } from '../../../storage/s3/probing/probe-bucket.ts';
import type { Bench } from '../bench/bench.ts';

const GROUP = 'Settings';
/** All other trials need this one. */
export const REACHED = 'signed-requests-arrive';

const SAMPLES = 7;
const SLOW_MS = 250;

export const REACH: readonly Trial<Bench>[] = [
  {
    id: 'bucket-answers',
    group: GROUP,
    promise: 'the bucket is there and lets us in',
    need: 'always',
    otherwise: 'the service does not start: mend the setting that is named',
    async attempt({ settings }) {
      await askBucket(settings, () => {});
      return kept(`${settings.bucket} answers`);
    },
  },
  {
    id: 'clocks-agree',
    group: GROUP,
    promise: "our clock and the store's agree within two minutes",
    need: 'always',
    otherwise: 'the service does not start: its signatures would be refused, or live too long',
    after: 'bucket-answers',
    async attempt({ settings, clock }) {
      const seen: { readonly theirs: Date; readonly ours: Date }[] = [];
      await askBucket(settings, (theirs) => seen.push({ theirs, ours: clock() }));
      const [first] = seen;
      if (first === undefined) return notTried('the store does not send its time');
      const wrong = wrongClock(first.theirs, first.ours);
      return wrong === undefined ? kept('they agree') : notKept(wrong);
    },
  },
  {
    id: REACHED,
    group: GROUP,
    promise: 'signed requests arrive at the store under the name that they are signed for',
    need: 'always',
    otherwise:
      'clients could neither upload nor download: check S3_PUBLIC_ENDPOINT and S3_ADDRESSING',
    after: 'clocks-agree',
    async attempt(bench) {
      const request = await bench.signDownload(bench.newKey());
      const { status, said } = await bench.send(request);
      // Nothing is stored there. Stores answer 404, or 403 AccessDenied if the key may not list. A
      // wrong signature has another error code.
      const arrived = status === 404 || said === '403 AccessDenied';
      const { host } = bench.bucket.address;
      return arrived ? kept(`${host} answers`) : notKept(`${host} says: ${said}`);
    },
  },
  {
    id: 'latency',
    group: GROUP,
    promise: `a small request takes less than ${SLOW_MS} ms`,
    need: 'never',
    otherwise: 'completing an upload takes several of them: run the service nearer to the store',
    after: REACHED,
    async attempt(bench) {
      const key = bench.newKey();
      const times: number[] = [];
      for (let sample = 0; sample < SAMPLES; sample += 1) {
        const start = performance.now();
        await look(bench.bucket, key);
        times.push(performance.now() - start);
      }
      const median = times.sort((a, b) => a - b)[SAMPLES >> 1] ?? 0;
      const seen = `${median.toFixed(1)} ms (median of ${SAMPLES})`;
      return median < SLOW_MS ? kept(seen) : notKept(seen);
    },
  },
];
