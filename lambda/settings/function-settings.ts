/** The settings of the functions on AWS: each function reads only those of what it was granted. */
import { readDynamoSettings } from '../../open/settings/dynamo-settings.ts';
import { ENV } from '../../open/settings/env.ts';
import {
  asBucket,
  asRegion,
  BUCKET_RULE,
  REGION_RULE,
  readS3Settings,
} from '../../open/settings/s3-settings.ts';
import { readLimits } from '../../open/settings/server-settings.ts';
import type { SettingsReader } from '../../open/settings/settings-reader.ts';
import { asPlainUrl, PLAIN_URL } from '../../open/settings/settings-reader.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html, with room for an ARN. */
const SECRET = /^[A-Za-z0-9/_+=.@:-]{1,2048}$/;

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html */
const BUS = /^[A-Za-z0-9/._-]{1,256}$/;
const BUS_RULE = 'the name of an event bus: letters, digits and /._-';

/** RFC 1123 section 2.1 */
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

const CDN_ID_RULE = 'an id of CloudFront: letters, digits and hyphens';
const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365 * DAY_SECONDS;

/** The settings of every function behind the API. */
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

/** The settings of the function that announces changes. */
export function readAnnouncing(reader: SettingsReader) {
  return {
    table: readTable(reader),
    publicUrl: reader.required(ENV.publicUrl, asPlainUrl, PLAIN_URL),
    busName: reader.required(ENV.eventBusName, asBusName, BUS_RULE),
  };
}

function asBusName(text: string): string | undefined {
  return BUS.test(text) ? text : undefined;
}

export function readVerificationQueue(reader: SettingsReader): string {
  return reader.required(ENV.verificationQueueUrl, asPlainUrl, `the URL of a queue: ${PLAIN_URL}`);
}

/** The settings of every function that works on uploads. */
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

/** The CDN that links point to, and the keys that sign them. */
export function readCdn(reader: SettingsReader) {
  return {
    domain: reader.required(ENV.cdnDomain, asCdnDomain, 'a host name, or a URL without a path'),
    keyring: readCdnKeyring(reader),
    staleSeconds: reader.wholeNumber(ENV.cdnKeyringStaleSeconds, 3600, 1, DAY_SECONDS),
  };
}

export function readCdnKeyring(reader: SettingsReader): string {
  return readSecretName(reader, ENV.cdnKeyring);
}

/** The rotation must wait until every signer has read the keyring, so it reads their settings. */
export function readCdnRotation(reader: SettingsReader) {
  const { staleSeconds, ...cdn } = readCdn(reader);
  return {
    ...cdn,
    keyGroupId: reader.required(ENV.cdnKeyGroupId, asCdnId, CDN_ID_RULE),
    rotation: {
      staleSeconds,
      linkTtlSeconds: readLimits(reader).linkTtlSeconds,
      overlapSeconds: reader.wholeNumber(ENV.cdnKeyOverlapSeconds, 3600, 0, YEAR_SECONDS),
      maxAgeSeconds: reader.wholeNumber(
        ENV.cdnKeyMaxAgeSeconds,
        90 * DAY_SECONDS,
        1,
        10 * YEAR_SECONDS,
      ),
    },
  };
}

/** The distribution that recalls invalidate; undefined where there is none. */
export function readDistribution(reader: SettingsReader): string | undefined {
  return reader.text(ENV.cdnDistributionId, asCdnId, CDN_ID_RULE);
}

function asCdnId(text: string): string | undefined {
  return /^[A-Za-z0-9-]{1,64}$/.test(text) ? text : undefined;
}

/** A host name, or a whole URL where the CDN does not use https. */
function asCdnDomain(text: string): string | undefined {
  return HOST.test(text) ? text : asPlainUrl(text);
}

function readSecretName(reader: SettingsReader, name: string): string {
  return reader.required(
    name,
    (text) => (SECRET.test(text) ? text : undefined),
    'the name or ARN of a secret',
  );
}
