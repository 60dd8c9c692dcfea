/** Signing for S3 on one core: what the store hands out, beside the SDK's own `getSignedUrl` for the same request. */
import { randomUUID } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { packageKey, parseExt, parsePackageId, parseVersionId } from '../../../core/names.ts';
import type { UploadTerms } from '../../../core/ports/blob-store.ts';
import type { S3Integrity } from '../../../storage/s3/bucket/s3-settings.ts';
import { sdkS3 } from '../../../storage/s3/requests/sdk-client.ts';
import { S3Store } from '../../../storage/s3/s3-store.ts';
import { reportRatio } from '../measure/table.ts';

const GOAL = 5;
const ROUNDS = 12;
const ROUND_SECONDS = 0.4;
const DAY_MS = 24 * 60 * 60 * 1000;
const TTL_SECONDS = 300;

const BUCKET = 'packages';
const REGION = 'eu-central-1';
const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const key = packageKey(
  parseVersionId('1.4.0+build.7'),
  parsePackageId('linux-x64'),
  parseExt('tar.gz'),
);
const contentDisposition = 'attachment; filename="linux-x64.tar.gz"';
const terms: UploadTerms = {
  size: 104_857_600,
  sha256: SHA256,
  contentType: 'application/gzip',
  contentDisposition,
  cacheControl: 'public, max-age=31536000, immutable',
  attemptId: randomUUID(),
};

/** Signs one request at a moment. */
type Sign = (moment: Date) => Promise<unknown>;

export async function benchSigning(): Promise<void> {
  const client = new S3Client({
    region: REGION,
    credentials: CREDENTIALS,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  await compare('signing a GET', theirGet(client), ourGet());
  await compare('signing a PUT with all terms in the URL', theirPut(client), ourPut('checksum'));
  await compare('signing a PUT with all terms in headers', theirPut(client), ourPut('payload'));
  client.destroy();
}

/** In turns, so that noise hits both alike; a round is a new day, for which no signing key has been derived yet. */
async function compare(what: string, theirs: Sign, ours: Sign): Promise<void> {
  const ratios: number[] = [];
  const best = { ours: 0, theirs: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const today = new Date(Date.UTC(2026, 0, 1) + round * DAY_MS);
    const [rateOfTheirs, rateOfOurs] = [
      await perCpuSecond(theirs, today),
      await perCpuSecond(ours, today),
    ];
    ratios.push(rateOfOurs / rateOfTheirs);
    best.ours = Math.max(best.ours, rateOfOurs);
    best.theirs = Math.max(best.theirs, rateOfTheirs);
  }
  ratios.sort((a, b) => a - b);
  const median = ratios[ROUNDS / 2] ?? 0;
  const detail = `median of ${ROUNDS}; at best ${Math.round(best.ours)} and ${Math.round(best.theirs)} per CPU second`;
  reportRatio(`${what}, beside getSignedUrl`, median, GOAL, detail);
}

/** By CPU time: other programs on this machine change it little. */
async function perCpuSecond(sign: Sign, moment: Date): Promise<number> {
  const before = process.cpuUsage();
  let count = 0;
  let spent = 0;
  while (spent < ROUND_SECONDS) {
    for (let n = 0; n < 50; n++) await sign(moment);
    count += 50;
    const { user, system } = process.cpuUsage(before);
    spent = (user + system) / 1_000_000;
  }
  return count / spent;
}

function storeAt(integrity: S3Integrity): {
  readonly store: S3Store;
  readonly moveTo: (moment: Date) => void;
} {
  let now = new Date();
  const settings = {
    bucket: BUCKET,
    region: REGION,
    credentials: CREDENTIALS,
    addressing: 'auto',
    integrity,
  } as const;
  const store = new S3Store({ connect: sdkS3, ...settings, clock: () => now, newId: randomUUID });
  const moveTo = (moment: Date) => {
    now = moment;
  };
  return { store, moveTo };
}

function ourGet(): Sign {
  const { store, moveTo } = storeAt('checksum');
  return (moment) => {
    moveTo(moment);
    return store.signDownload(
      key,
      { contentType: 'application/gzip', contentDisposition },
      TTL_SECONDS,
    );
  };
}

function ourPut(integrity: S3Integrity): Sign {
  const { store, moveTo } = storeAt(integrity);
  return (moment) => {
    moveTo(moment);
    return store.signUpload(key, terms, TTL_SECONDS);
  };
}

function theirGet(client: S3Client): Sign {
  const input = {
    Bucket: BUCKET,
    Key: key,
    ResponseContentType: 'application/gzip',
    ResponseContentDisposition: contentDisposition,
  };
  return (signingDate) =>
    getSignedUrl(client, new GetObjectCommand(input), { expiresIn: TTL_SECONDS, signingDate });
}

function theirPut(client: S3Client): Sign {
  const input = {
    Bucket: BUCKET,
    Key: key,
    ContentType: terms.contentType,
    ContentDisposition: terms.contentDisposition,
    CacheControl: terms.cacheControl,
    ContentLength: terms.size,
    IfNoneMatch: '*',
    ChecksumSHA256: Buffer.from(terms.sha256, 'hex').toString('base64'),
    Metadata: { 'stowage-attempt': terms.attemptId },
  };
  const bound = new Set([
    'cache-control',
    'content-disposition',
    'content-length',
    'content-type',
    'if-none-match',
    'x-amz-checksum-sha256',
    'x-amz-meta-stowage-attempt',
  ]);
  const options = {
    expiresIn: TTL_SECONDS,
    signableHeaders: new Set([...bound, 'host']),
    unhoistableHeaders: bound,
  };
  return (signingDate) =>
    getSignedUrl(client, new PutObjectCommand(input), { ...options, signingDate });
}
