/** The settings of the functions on AWS: each reads those of what it was granted, and no others. */
import { ENV, readLimits } from '../env.ts';
import { readDynamoSettings } from './dynamo-settings.ts';
import { asPlainUrl, PLAIN_URL } from './plain-url.ts';
import { asBucket, asRegion, BUCKET_RULE, REGION_RULE, readS3Settings } from './s3-settings.ts';
import type { SettingsReader } from './settings-reader.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html, with room for an ARN. */
const SECRET = /^[A-Za-z0-9/_+=.@:-]{1,2048}$/;

/** RFC 1123 section 2.1 */
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** What every function reads that callers reach. */
export function readApi(reader: SettingsReader) {
  return {
    publicUrl: reader.required(ENV.publicUrl, asPlainUrl, PLAIN_URL),
    publicDownloads: reader.flag(ENV.publicDownloads, false),
    limits: readLimits(reader),
  };
}

export function readTable(reader: SettingsReader) {
  return readDynamoSettings(reader, undefined);
}

export const readBucket = readS3Settings;

/** The copy of the bucket in a second region. */
export function readReplica(reader: SettingsReader) {
  return {
    bucket: reader.required(ENV.replicaBucket, asBucket, BUCKET_RULE),
    region: reader.required(ENV.replicaRegion, asRegion, REGION_RULE),
  };
}

export function readVerificationQueue(reader: SettingsReader): string {
  return reader.required(ENV.verificationQueueUrl, asPlainUrl, `the URL of a queue: ${PLAIN_URL}`);
}

/** What every function reads that works on uploads. */
export function readUploads(reader: SettingsReader) {
  return {
    limits: readLimits(reader),
    table: readTable(reader),
    bucket: readBucket(reader),
    queueUrl: readVerificationQueue(reader),
  };
}

export function readUrlSigningKeySecret(reader: SettingsReader): string {
  return readSecretName(reader, ENV.urlSigningKeySecret);
}

/** Which CDN links lead to, and by which keys they are signed. */
export function readCdn(reader: SettingsReader) {
  return {
    domain: reader.required(ENV.cdnDomain, asCdnDomain, 'a host name, or a URL without a path'),
    keyring: readSecretName(reader, ENV.cdnKeyring),
    staleSeconds: reader.wholeNumber(ENV.cdnKeyringStaleSeconds, 3600, 1, 86_400),
  };
}

/** A whole URL where it is not served by https. */
function asCdnDomain(text: string): string | undefined {
  return HOST.test(text) ? text : asPlainUrl(text);
}

function readSecretName(reader: SettingsReader, name: string): string {
  return reader.required(name, (text) => (SECRET.test(text) ? text : undefined), 'the name or ARN of a secret');
}
