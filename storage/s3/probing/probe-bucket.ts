/**
 * Asks whether the bucket exists and may be used, before a server starts. Changes nothing.
 */
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Clock } from '../../../core/clock.ts';
import { isServiceError, ServiceError } from '../../../core/errors.ts';
import { isS3Error, translateError, translating } from '../bucket/errors.ts';
import { S3Bucket } from '../bucket/s3-bucket.ts';
import type { S3Settings } from '../bucket/s3-settings.ts';
import { storeWords } from '../bucket/store-words.ts';
import { type SdkS3Client, sdkS3 } from '../requests/sdk-client.ts';
import { type StaleUploads, serverNamed, staleUploadsOf } from './stale-uploads.ts';

/**
 * Links are valid for five minutes by default. If the clock is much further behind than this, they
 * have already expired when they are issued.
 */
const MAX_SKEW_SECONDS = 120;
/** For some errors, the SDK keeps the code only in the message. */
const NO_SUCH_HOST = /\b(?:ENOTFOUND|EAI_AGAIN)\b/;

/** @throws UNAVAILABLE that names the wrong setting */
export function probeBucket(settings: S3Settings, clock: Clock): Promise<void> {
  return askBucket(settings, (theirs) => {
    const reason = wrongClock(theirs, clock());
    if (reason !== undefined) throw new ServiceError('UNAVAILABLE', reason);
  });
}

/**
 * Asks for one key.
 * @param onAnswered gets the store's time from the `Date` header of every response. Without it, a
 *   wrong clock stays hidden: the SDK corrects for it silently.
 * @throws UNAVAILABLE that names the wrong setting
 */
export async function askBucket(
  settings: S3Settings,
  onAnswered: (theirs: Date) => void,
): Promise<void> {
  const bucket = new S3Bucket(settings, sdkS3);
  try {
    await ask(bucket, onAnswered);
  } catch (error) {
    throw explainProbe(error, bucket);
  } finally {
    bucket.client.destroy();
  }
}

/** How long the store keeps multipart uploads. Undefined if it is not known to drop any. */
export async function staleUploads(settings: S3Settings): Promise<StaleUploads | undefined> {
  const bucket = new S3Bucket(settings, sdkS3);
  try {
    return staleUploadsOf(await serverNamed(bucket, (client) => client.send(askForOneKey(bucket))));
  } catch (error) {
    throw explainProbe(translateError(error, 'asking the store for its name'), bucket);
  } finally {
    bucket.client.destroy();
  }
}

/** Not a HEAD request: the response to one has no body that could say what is wrong. */
function askForOneKey({ name, prefix }: S3Bucket): ListObjectsV2Command {
  return new ListObjectsV2Command({ Bucket: name, Prefix: `${prefix}packages/`, MaxKeys: 1 });
}

/** Says how far the clock is off, if signatures would be refused, or expire at the wrong time. */
export function wrongClock(theirs: Date, ours: Date): string | undefined {
  const ahead = Math.round((ours.getTime() - theirs.getTime()) / 1000);
  if (Math.abs(ahead) <= MAX_SKEW_SECONDS) return undefined;
  return `the clock of this machine is ${Math.abs(ahead)} seconds ${ahead > 0 ? 'ahead of' : 'behind'} the store's; set it right`;
}

async function ask(
  bucket: S3Bucket<SdkS3Client>,
  onAnswered: (theirs: Date) => void,
): Promise<void> {
  const { client, name } = bucket;
  const command = askForOneKey(bucket);
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const theirs = dateOf(result.response);
      if (theirs !== undefined) onAnswered(theirs);
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  const what = `S3_BUCKET ${name} can't be used`;
  const { Name: answered } = await translating(what, () => client.send(command));
  // A store that ignores the bucket in the host name lists its buckets instead.
  if (answered !== undefined) return;
  throw new ServiceError(
    'UNAVAILABLE',
    `${what}: what answers there does not answer for the bucket: check S3_ENDPOINT, or set S3_ADDRESSING to path`,
  );
}

/** Any response but a list means that a setting is wrong, even one that would mean "no file". */
function explainProbe(error: unknown, bucket: S3Bucket): unknown {
  if (!isServiceError(error)) return error;
  const advice = adviceOn(error, bucket);
  if (advice === undefined) return error;
  return new ServiceError('UNAVAILABLE', `S3_BUCKET ${bucket.name} can't be used: ${advice}`, {
    cause: error.cause,
  });
}

function adviceOn(
  { code, cause }: ServiceError,
  { name, address, ownAddress }: S3Bucket,
): string | undefined {
  // A store whose DNS has no wildcard names needs the bucket in the path.
  const hasOwnHost = address.hostname.startsWith(`${name}.`);
  if (hasOwnHost && NO_SUCH_HOST.test(textIn(cause, 'message'))) {
    return `there is no host ${address.hostname}: check S3_ENDPOINT, or set S3_ADDRESSING to path`;
  }
  // A store reads the first segment of the path as the bucket name.
  const path = ownAddress.path.endsWith(`/${name}`)
    ? ownAddress.path.slice(0, -name.length - 1)
    : ownAddress.path;
  if (
    path !== '' &&
    (code === 'NOT_FOUND' || code === 'NOT_SUPPORTED' || isS3Error(cause, 'NoSuchBucket'))
  ) {
    const said = storeWords(cause) ?? 'that nothing is there';
    return `S3_ENDPOINT has the path ${path}, and the store says "${said}": set S3_ENDPOINT without it, or check S3_BUCKET`;
  }
  if (code === 'UNAVAILABLE') return undefined;
  const said = `${textIn(cause, 'name')}: ${textIn(cause, 'message')}`;
  return `the store says ${said}; check S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY and S3_ENDPOINT`;
}

function textIn(error: unknown, field: 'name' | 'message'): string {
  const fields =
    typeof error === 'object' && error !== null ? (error as Readonly<Record<string, unknown>>) : {};
  return String(fields[field] ?? '');
}

function dateOf(response: unknown): Date | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response))
    return undefined;
  const { date = '' } = response.headers as { readonly date?: string };
  const time = Date.parse(date);
  return Number.isNaN(time) ? undefined : new Date(time);
}
