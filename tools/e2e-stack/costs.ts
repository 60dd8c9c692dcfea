/** What a run costs, by the list prices of us-east-1 and without free tiers, rounded up generously. */
import type { Traffic } from './stack-run.ts';

const MILLION = 1e6;
const GIB = 1024 ** 3;

/** In USD. */
const PRICES = {
  /** A request to the HTTP API, with 100 ms of a function of 512 MB and three units of DynamoDB. */
  api: (1.0 + 0.2 + 0.67 + 3 * 0.625) / MILLION,
  /** A PUT, which costs most. */
  bucket: 5 / MILLION,
  cdn: 1 / MILLION,
  cdnGib: 0.085,
  /** Each path above 1,000 a month. A key with `+` has two. */
  recall: 2 * 0.005,
} as const;

/** In USD. */
export function costOf({ api, bucket, cdn, cdnBytes, recalls }: Traffic): number {
  return (
    api * PRICES.api +
    bucket * PRICES.bucket +
    cdn * PRICES.cdn +
    (cdnBytes / GIB) * PRICES.cdnGib +
    recalls * PRICES.recall
  );
}
