/** Tests the settings of the bucket: versions, lifecycle rules, and CORS. */
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  type LifecycleRule,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import type { Trial } from '../../../core/doctor/examine.ts';
import { kept, notKept, notTried, type TrialResult } from '../../../core/doctor/report.ts';
import { isS3Error } from '../../../storage/s3/bucket/errors.ts';
import {
  type StaleUploads,
  serverNamed,
  staleUploadsOf,
} from '../../../storage/s3/probing/stale-uploads.ts';
import { type Bench, GOOD } from '../bench/bench.ts';
import { REACHED } from './reach.ts';

const GROUP = 'The bucket';

export const BUCKET: readonly Trial<Bench>[] = [
  {
    id: 'versions',
    group: GROUP,
    promise: 'the bucket keeps versions',
    need: 'never',
    otherwise: 'Stowage pins bytes by their ETag; it never overwrites, so it needs no versions',
    after: REACHED,
    async attempt({ bucket }) {
      const command = new GetBucketVersioningCommand({ Bucket: bucket.name });
      const { Status: status } = await bucket.client.send(command);
      return status === 'Enabled' ? kept('Enabled') : notKept(status ?? 'they were never enabled');
    },
  },
  {
    id: 'lifecycle',
    group: GROUP,
    promise: 'a lifecycle rule aborts uploads that are never completed',
    need: 'never',
    otherwise:
      'the sweep of the service aborts those of its own; parts of a service that runs no more stay',
    after: REACHED,
    attempt: hasLifecycle,
  },
  {
    id: 'uploads-kept',
    group: GROUP,
    promise: 'uploads under way are kept for UPLOAD_RETENTION_SECONDS',
    need: 'never',
    otherwise:
      'publishers are promised no more than the store keeps, where UPLOAD_RETENTION_SECONDS is not set; for more, set it and stale_uploads_expiry of MinIO (mc admin config set ALIAS api) to the same',
    after: REACHED,
    async attempt(bench) {
      const stale = await staleOf(bench);
      if (stale === undefined) return kept('the store is not known to drop any');
      const { server, keptSeconds } = stale;
      const seen = `${server} drops them ${keptSeconds} seconds after their begin, unless it is set otherwise`;
      return keptSeconds >= bench.uploadRetentionSeconds ? kept(seen) : notKept(seen);
    },
  },
  {
    id: 'cors',
    group: GROUP,
    promise: 'browsers of every origin in CORS_ORIGINS may send signed uploads and read links',
    need: 'with browsers',
    otherwise:
      'uploads from a browser fail: give the bucket a CORS rule with those origins, PUT, GET and HEAD, and all headers',
    after: REACHED,
    attempt: answersPreflights,
  },
];

/** How long the store keeps unfinished uploads, as far as its name shows. */
async function staleOf({ bucket }: Bench): Promise<StaleUploads | undefined> {
  const command = new ListObjectsV2Command({
    Bucket: bucket.name,
    Prefix: bucket.prefix,
    MaxKeys: 1,
  });
  return staleUploadsOf(await serverNamed(bucket, (client) => client.send(command)));
}

/** MinIO refuses rules that abort uploads, so the advice to set one would be useless. */
async function takesNoRule(bench: Bench): Promise<string | undefined> {
  const stale = await staleOf(bench);
  return stale && `${stale.server} takes no such rule; it drops uploads by itself`;
}

async function hasLifecycle(bench: Bench): Promise<TrialResult> {
  const { bucket, settings } = bench;
  try {
    const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket.name });
    const { Rules: rules = [] } = await bucket.client.send(command);
    const ours = `${settings.prefix === undefined ? '' : `${settings.prefix}/`}packages/`;
    const days = rules
      .filter((rule) => covers(rule, ours))
      .map((rule) => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation);
    const found = days.find((one) => one !== undefined);
    if (found !== undefined) return kept(`after ${found} days`);
    return notKept((await takesNoRule(bench)) ?? 'no rule does');
  } catch (error) {
    if (isS3Error(error, 'NoSuchLifecycleConfiguration')) {
      return notKept((await takesNoRule(bench)) ?? 'there are no rules');
    }
    if (isS3Error(error, 'NotImplemented'))
      return notKept('the store does not know lifecycle rules');
    throw error;
  }
}

/** Whether an enabled rule applies to everything under `prefix`. */
function covers({ Status, Prefix, Filter }: LifecycleRule, prefix: string): boolean {
  const narrowed = Filter?.Tag !== undefined || Filter?.And !== undefined;
  return Status === 'Enabled' && !narrowed && prefix.startsWith(Filter?.Prefix ?? Prefix ?? '');
}

async function answersPreflights(bench: Bench): Promise<TrialResult> {
  const { corsOrigins } = bench;
  if (corsOrigins.length === 0) return notTried('CORS_ORIGINS is not set');
  const refused: string[] = [];
  for (const asked of corsOrigins) {
    // If every origin is allowed, one example is enough.
    const origin = asked === '*' ? 'https://stowage.example' : asked;
    const fault =
      (await preflight(bench, origin, 'PUT')) ?? (await preflight(bench, origin, 'GET'));
    if (fault !== undefined) refused.push(`${asked}: ${fault}`);
  }
  return refused.length === 0 ? kept(corsOrigins.join(', ')) : notKept(refused.join('; '));
}

/** What is wrong with the response to a browser's preflight request; undefined if nothing is. */
async function preflight(
  bench: Bench,
  origin: string,
  method: 'PUT' | 'GET',
): Promise<string | undefined> {
  const key = bench.newKey();
  const request = await (method === 'PUT'
    ? bench.signUpload(bench.settings.integrity, key, GOOD)
    : bench.signDownload(key));
  // The headers that a browser asks for: Range on downloads, but never Host, which it sets itself.
  const names = method === 'PUT' ? Object.keys(request.headers).sort() : ['range'];
  const { status, said, headers } = await bench.send({ ...request, headers: {} }, undefined, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': names.join(','),
    },
  });
  if (status < 200 || status > 299) return `the preflight of ${method} is answered ${said}`;
  const listed = (name: string) => (headers[name] ?? '').toLowerCase().split(/\s*,\s*/);
  const [allowedOrigin] = listed('access-control-allow-origin');
  if (allowedOrigin !== '*' && allowedOrigin !== origin) return 'the origin is not allowed';
  if (!listed('access-control-allow-methods').includes(method.toLowerCase()))
    return `${method} is not allowed`;
  const allowed = listed('access-control-allow-headers');
  const missing = names.filter(
    (name) => !allowed.includes(name) && !(allowed.includes('*') && name !== 'authorization'),
  );
  return missing.length === 0 ? undefined : `headers are not allowed: ${missing.join(', ')}`;
}
