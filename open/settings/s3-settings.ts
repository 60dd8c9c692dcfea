/** The settings of S3 and of stores that speak S3: their names and rules. */
import type { S3StorageConfig } from '../../core/settings.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import type { SettingsReader } from './settings-reader.ts';
import { asPlainUrl, PLAIN_URL } from './settings-reader.ts';

export const S3_ENV = {
  s3Bucket: 'S3_BUCKET',
  s3Region: 'S3_REGION',
  s3AccessKey: 'S3_ACCESS_KEY',
  s3SecretKey: 'S3_SECRET_KEY',
  s3SessionToken: 'S3_SESSION_TOKEN',
  s3Endpoint: 'S3_ENDPOINT',
  s3PublicEndpoint: 'S3_PUBLIC_ENDPOINT',
  s3Addressing: 'S3_ADDRESSING',
  s3Integrity: 'S3_INTEGRITY',
  s3Prefix: 'S3_PREFIX',
} as const;

/** The region that most stores other than AWS accept. */
const ANY_REGION = 'us-east-1';
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const REGION = /^[A-Za-z0-9-]{1,64}$/;
/** S3 allows 1024 bytes for a key, and ours are shorter than 512. */
const MAX_PREFIX_BYTES = 512;

export const BUCKET_RULE = 'the name of a bucket: 3 to 63 of a-z, 0-9, dot and hyphen';
export const REGION_RULE = 'a region such as eu-central-1';

/** The settings that only S3 has. */
export type S3Config = Omit<S3StorageConfig, 'type' | 'localPath' | 'presignedUrls'>;

export function readS3Settings(reader: SettingsReader): S3Config {
  const s3Endpoint = reader.text(S3_ENV.s3Endpoint, asPlainUrl, PLAIN_URL);
  const s3PublicEndpoint = reader.text(S3_ENV.s3PublicEndpoint, asPlainUrl, PLAIN_URL);
  const s3Prefix = reader.text(
    S3_ENV.s3Prefix,
    asPrefix,
    `folders separated by slashes, none of them . or .., at most ${MAX_PREFIX_BYTES} bytes`,
  );
  return {
    s3Bucket: reader.required(S3_ENV.s3Bucket, asBucket, BUCKET_RULE),
    s3Region: readRegion(reader, s3Endpoint !== undefined),
    ...readKeys(reader),
    ...withoutUndefined({ s3Endpoint, s3PublicEndpoint }),
    s3Addressing: reader.choice(S3_ENV.s3Addressing, ['auto', 'path', 'virtual']),
    // Many stores other than AWS ignore checksums, but nearly all check the signed hash of the
    // payload.
    s3Integrity: reader.choice(
      S3_ENV.s3Integrity,
      s3Endpoint === undefined ? ['checksum', 'payload'] : ['payload', 'checksum'],
    ),
    ...withoutUndefined({ s3Prefix }),
  };
}

function readRegion(reader: SettingsReader, hasEndpoint: boolean): string {
  if (hasEndpoint) return reader.text(S3_ENV.s3Region, asRegion, REGION_RULE) ?? ANY_REGION;
  return reader.required(
    S3_ENV.s3Region,
    asRegion,
    `${REGION_RULE} (needed without ${S3_ENV.s3Endpoint})`,
  );
}

function readKeys(
  reader: SettingsReader,
): Pick<S3Config, 's3AccessKey' | 's3SecretKey' | 's3SessionToken'> {
  const isWord = (text: string) => /^[!-~]+$/.test(text);
  const allowed = 'printable ASCII characters without spaces';
  const s3AccessKey = reader.secret(S3_ENV.s3AccessKey, isWord, allowed);
  const s3SecretKey = reader.secret(S3_ENV.s3SecretKey, isWord, allowed);
  const s3SessionToken = reader.secret(S3_ENV.s3SessionToken, isWord, allowed);
  if (s3AccessKey !== undefined && s3SecretKey !== undefined) {
    return { s3AccessKey, s3SecretKey, ...withoutUndefined({ s3SessionToken }) };
  }
  const given = { [S3_ENV.s3AccessKey]: s3AccessKey, [S3_ENV.s3SecretKey]: s3SecretKey };
  if (s3AccessKey !== undefined || s3SecretKey !== undefined || s3SessionToken !== undefined) {
    for (const [name, value] of Object.entries(given)) {
      if (value === undefined)
        reader.fault(name, 'nothing', `both ${Object.keys(given).join(' and ')}, or neither`);
    }
  }
  return {};
}

export function asBucket(text: string): string | undefined {
  return BUCKET.test(text) ? text : undefined;
}

export function asRegion(text: string): string | undefined {
  return REGION.test(text) ? text : undefined;
}

function asPrefix(text: string): string | undefined {
  const prefix = text.replace(/^\/+|\/+$/g, '');
  const isPath = prefix.split('/').every((folder) => !['', '.', '..'].includes(folder));
  return isPath && Buffer.byteLength(prefix) <= MAX_PREFIX_BYTES && !/\p{Cc}/u.test(prefix)
    ? prefix
    : undefined;
}
