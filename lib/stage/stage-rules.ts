/** The values that each setting of a stage may have, alone and together with others. */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { isFunction } from '../bundles/function-code.ts';
import { REPLICA_STORAGE_CLASSES, type StageInput, type StageSettings } from './stage-settings.ts';

/** `setting: got this, allowed: that` */
export type StageFault = string;

interface Rule {
  readonly allows: (value: unknown) => boolean;
  readonly allowed: string;
}

const THROTTLED_ROUTES = ['download', 'others'];
const YEAR_SECONDS = 31_536_000;
const WEEK_SECONDS = 604_800;
/** Lambda's bounds for the concurrency of a queue that a function works off. */
const [LEAST_OF_A_QUEUE, MOST_OF_A_QUEUE] = [2, 1000];
/**
 * The credentials of a function do not say when they expire, so what they sign must expire soon
 * (docs/architecture.md).
 */
const MOST_SECONDS_OF_FUNCTION_CREDENTIALS = 900;
const GIB = 1024 ** 3;
/** The quota says 50 GB, without the unit of a GB; the smaller one is safe. */
const MOST_BYTES_OF_CLOUDFRONT = 50 * 10 ** 9;
const MOST_BYTES_OF_S3 = 5 * 1024 * GIB;
const MOST_BYTES_OF_ONE_PUT = 5 * GIB;
const LOG_DAYS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number',
);

const text = (pattern: RegExp, allowed: string): Rule => ({
  allows: (value) => typeof value === 'string' && pattern.test(value),
  allowed,
});
const wholeNumber = (least: number, most: number): Rule => ({
  allows: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  allowed: `a whole number from ${least} to ${most}`,
});
const oneOf = (...choices: readonly unknown[]): Rule => ({
  allows: (value) => choices.includes(value),
  allowed: choices.join(', '),
});
const FLAG = oneOf(true, false);
const DOMAIN = text(
  /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
  'a host such as packages.example.com',
);
const REGION_PATTERN = '[a-z]{2}(-[a-z]+)+-\\d';
const REGION = text(new RegExp(`^${REGION_PATTERN}$`), 'a region such as eu-central-1');
const CERTIFICATE = `arn:aws[a-z-]*:acm:(${REGION_PATTERN}):\\d{12}:certificate/[0-9a-f-]{36}`;

const RULES: Readonly<Record<keyof StageSettings | keyof StageInput, Rule>> = {
  name: text(/^[a-z][a-z0-9-]{0,19}$/, 'a lower-case letter and up to 19 more, digits and hyphens'),
  account: text(/^\d{12}$/, 'the 12 digits of an account, as text'),
  region: REGION,
  apiDomainName: DOMAIN,
  apiCertificateArn: text(new RegExp(`^${CERTIFICATE}$`), 'the ARN of a certificate'),
  cdnDomainName: DOMAIN,
  cdnCertificateArn: text(
    new RegExp(`^${CERTIFICATE.replace(`(${REGION_PATTERN})`, 'us-east-1')}$`),
    'the ARN of a certificate in us-east-1, where CloudFront looks for it',
  ),
  downloads: oneOf('cdn', 's3'),
  priceClass: oneOf('100', '200', 'all'),
  publicDownloads: FLAG,
  presignedUrls: {
    allows: (value) => value === true,
    allowed:
      'true: on AWS downloads are always signed; PRESIGNED_URLS=false is for a server that runs by itself',
  },
  corsOrigins: {
    allows: areOrigins,
    allowed: 'a list of origins such as https://example.com, or of * alone',
  },
  linkTtlSeconds: wholeNumber(1, WEEK_SECONDS),
  uploadTtlSeconds: wholeNumber(1, MOST_SECONDS_OF_FUNCTION_CREDENTIALS),
  uploadRetentionSeconds: wholeNumber(1, YEAR_SECONDS),
  maxPackageBytes: wholeNumber(1, MOST_BYTES_OF_S3),
  singleUploadBytes: wholeNumber(1, MOST_BYTES_OF_ONE_PUT),
  maxPendingBytes: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  maxPendingBytesPerToken: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  auditRetentionDays: wholeNumber(1, 3650),
  throttles: {
    allows: areThrottles,
    allowed: `{ ratePerSecond, burst }, whole numbers from 1 to 10000, for any of ${THROTTLED_ROUTES.join(', ')}`,
  },
  reservedConcurrency: {
    allows: (value) =>
      isRecord(value) &&
      Object.keys(value).every((name) => isFunction(name)) &&
      Object.values(value).every(wholeNumber(1, 10_000).allows),
    allowed:
      'whole numbers from 1 to 10000 by the name of a file in lambda/functions, such as { verify: 5 }',
  },
  verificationConcurrency: wholeNumber(LEAST_OF_A_QUEUE, MOST_OF_A_QUEUE),
  retainState: FLAG,
  deletionProtection: FLAG,
  oldVersionDays: wholeNumber(1, 3650),
  logRetentionDays: oneOf(...LOG_DAYS),
  logLevel: oneOf('debug', 'info', 'warn', 'error'),
  events: FLAG,
  console: FLAG,
  tracing: oneOf('all', 'not-downloads', 'none'),
  bucketKeyArn: text(
    new RegExp(`^arn:aws[a-z-]*:kms:${REGION_PATTERN}:\\d{12}:key/[0-9A-Za-z-]+$`),
    'the ARN of a KMS key (not of an alias)',
  ),
  replicaRegion: REGION,
  replicaStorageClass: oneOf(...REPLICA_STORAGE_CLASSES),
  cdnKeyOverlapSeconds: wholeNumber(3600, WEEK_SECONDS),
  cdnKeyRotationDays: wholeNumber(1, 365),
  securityContact: text(/^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/, 'a mailto: or https: URI'),
  securityPolicy: text(/^https:\/\/\S+$/, 'an https: URI'),
  securityLanguages: text(
    /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*(, *[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)*$/,
    'languages such as en, de',
  ),
  alarmEmail: text(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an address such as ops@example.com'),
};

/** The faults of single settings; a setting that is not set has its default. */
export function faultsOf(written: Readonly<Record<string, unknown>>): StageFault[] {
  return Object.entries(written).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const rule = Object.entries(RULES).find(([known]) => known === name)?.[1];
    if (rule === undefined)
      return [`${name}: no such setting; there are ${Object.keys(RULES).sort().join(', ')}`];
    return rule.allows(value) ? [] : [fault(name, value, rule.allowed)];
  });
}

/** The faults of settings that are valid alone, but not together. */
export function faultsAmong(stage: StageSettings): readonly StageFault[] {
  const {
    downloads,
    linkTtlSeconds,
    uploadTtlSeconds,
    uploadRetentionSeconds,
    maxPackageBytes,
    region,
  } = stage;
  const faults: StageFault[] = [];
  const claim = (holds: boolean, name: keyof StageSettings, allowed: string) => {
    if (!holds) faults.push(fault(name, stage[name], allowed));
  };
  claim(
    downloads === 'cdn' || linkTtlSeconds <= MOST_SECONDS_OF_FUNCTION_CREDENTIALS,
    'linkTtlSeconds',
    `at most ${MOST_SECONDS_OF_FUNCTION_CREDENTIALS} where downloads is s3: credentials of a function vouch for no more`,
  );
  claim(
    downloads === 's3' || maxPackageBytes <= MOST_BYTES_OF_CLOUDFRONT,
    'maxPackageBytes',
    `at most ${MOST_BYTES_OF_CLOUDFRONT} where downloads is cdn: CloudFront serves no larger object`,
  );
  claim(
    (stage.reservedConcurrency['verify'] ?? LEAST_OF_A_QUEUE) >= LEAST_OF_A_QUEUE,
    'reservedConcurrency',
    `at least ${LEAST_OF_A_QUEUE} for verify: its queue starts no fewer at once, and packages that are refused end as dead letters`,
  );
  claim(
    uploadRetentionSeconds >= uploadTtlSeconds,
    'uploadRetentionSeconds',
    `at least uploadTtlSeconds (${uploadTtlSeconds})`,
  );
  claim(
    stage.cdnDomainName === undefined || stage.cdnDomainName !== stage.apiDomainName,
    'cdnDomainName',
    'another than apiDomainName',
  );
  for (const name of ['apiCertificateArn', 'bucketKeyArn'] as const) {
    const isThere = region === undefined || (stage[name]?.split(':')[3] ?? region) === region;
    claim(isThere, name, `one in the region of the stage (${region})`);
  }
  claim(
    downloads === 'cdn' || stage.cdnDomainName === undefined,
    'cdnDomainName',
    'nothing where downloads is s3',
  );
  claim(
    downloads === 'cdn' || stage.priceClass === '100',
    'priceClass',
    '100 where downloads is s3: there is no CDN',
  );
  claim(
    stage.replicaRegion === undefined || stage.replicaRegion !== region,
    'replicaRegion',
    'another than region',
  );
  claim(
    stage.replicaRegion === undefined || stage.bucketKeyArn === undefined,
    'replicaRegion',
    'nothing where bucketKeyArn is set: S3 would not copy what a key of one region encrypts',
  );
  claim(
    stage.replicaRegion === undefined || region !== undefined,
    'region',
    'one that is named where replicaRegion is: the two buckets must know of each other',
  );
  claim(
    stage.replicaStorageClass === undefined || stage.replicaRegion !== undefined,
    'replicaStorageClass',
    'nothing where replicaRegion is not set',
  );
  for (const name of ['securityPolicy', 'securityLanguages'] as const) {
    const holds = stage[name] === undefined || stage.securityContact !== undefined;
    claim(holds, name, 'nothing while securityContact is not set');
  }
  return faults;
}

/** The faults of a host without a certificate, and of a certificate without a host. */
export function domainFaults(host: 'api' | 'cdn', stage: StageSettings): readonly StageFault[] {
  const domain = `${host}DomainName` as const;
  const certificate = `${host}CertificateArn` as const;
  if ((stage[domain] === undefined) === (stage[certificate] === undefined)) return [];
  const missing = stage[domain] === undefined ? domain : certificate;
  return [fault(missing, undefined, `both ${domain} and ${certificate}, or neither`)];
}

/** The sentence about one value that is not allowed; undefined is a value that is missing. */
export function fault(name: string, value: unknown, allowed: string): StageFault {
  return `${name}: got ${value === undefined ? 'nothing' : JSON.stringify(value)}, allowed: ${allowed}`;
}

function areOrigins(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  if (value.length === 1 && value[0] === '*') return true;
  return value.every(
    (origin) => URL.parse(String(origin))?.origin === origin && /^https?:/.test(origin),
  );
}

function areThrottles(value: unknown): boolean {
  const amount = wholeNumber(1, 10_000);
  return (
    isRecord(value) &&
    Object.entries(value).every(
      ([routes, throttle]) =>
        THROTTLED_ROUTES.includes(routes) &&
        isRecord(throttle) &&
        Object.keys(throttle).sort().join() === 'burst,ratePerSecond' &&
        Object.values(throttle).every(amount.allows),
    )
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
