/** Settings of a stage: complete, valid, or refused as a whole. */
import { describe, expect, test } from '@jest/globals';
import { readStage, type StageChoice } from '../../../lib/stage/read-stage.ts';
import type { StageInput } from '../../../lib/stage/stage-settings.ts';
import { STAGES } from '../../../lib/stages.ts';

const CERTIFICATE = 'certificate/12345678-1234-1234-1234-123456789012';
const IN_FRANKFURT = `arn:aws:acm:eu-central-1:123456789012:${CERTIFICATE}`;
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/12345678-1234-1234-1234-123456789012';
const IN_VIRGINIA = `arn:aws:acm:us-east-1:123456789012:${CERTIFICATE}`;

function read(input: object, choice: StageChoice = {}) {
  return readStage({ test: input as StageInput }, { stage: 'test', ...choice });
}

describe('the settings of a stage', () => {
  test('without an edit there are two stages, and dev is the one that is deployed', () => {
    expect(Object.keys(STAGES)).toEqual(['dev', 'prod']);
    expect(readStage(STAGES).name).toBe('dev');
    expect(readStage(STAGES, { stage: 'prod' })).toMatchObject({
      name: 'prod',
      deletionProtection: true,
    });
  });

  test('state is retained and downloads need a token unless the stage says otherwise', () => {
    expect(read({})).toMatchObject({ retainState: true, publicDownloads: false });
    expect(read({ retainState: false, publicDownloads: true })).toMatchObject({
      retainState: false,
      publicDownloads: true,
    });
  });

  test('a package is at most as large as what CloudFront caches, in whichever unit its quota counts', () => {
    expect(read({}).maxPackageBytes).toBe(50 * 10 ** 9);
  });

  test('a throttle of some routes leaves that of the others', () => {
    const { throttles } = read({ throttles: { others: { ratePerSecond: 1, burst: 2 } } });

    expect(throttles.others).toEqual({ ratePerSecond: 1, burst: 2 });
    expect(throttles.download).toEqual({ ratePerSecond: 1000, burst: 2000 });
  });

  test('settings of the command line are laid over those of the stage', () => {
    const input = { linkTtlSeconds: 60, logLevel: 'debug' };

    expect(read(input, { settings: '{"linkTtlSeconds":5}' })).toMatchObject({
      linkTtlSeconds: 5,
      logLevel: 'debug',
    });
    expect(read(input, { settings: { linkTtlSeconds: 7 } })).toMatchObject({
      linkTtlSeconds: 7,
      logLevel: 'debug',
    });
  });
});

describe('what is refused', () => {
  test('one error lists every fault: what was set, what was got, what is allowed', () => {
    const wrong = {
      linkTtlSeconds: 0,
      downloads: 'ftp',
      alarmEmail: 'ops',
      logRetentionDays: 31,
      colour: 'red',
    };

    expect(() => read(wrong, { settings: '[1]' })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          new RegExp(
            [
              'the settings of stage test are wrong:',
              'settings: got \\[1\\], allowed: a JSON object of settings',
              'linkTtlSeconds: got 0, allowed: a whole number from 1 to 604800',
              'downloads: got "ftp", allowed: cdn, s3',
              'alarmEmail: got "ops", allowed: an address such as ops@example.com',
              'logRetentionDays: got 31, allowed: 1, 3, .*',
              'colour: no such setting; there are account, .*',
            ]
              .map((line) => `${line}`)
              .join('\n'),
          ),
        ),
      }),
    );
  });

  test('a stage that does not exist', () => {
    expect(() => readStage(STAGES, { stage: 'staging' })).toThrow(
      'stage: got "staging", allowed: dev, prod (lib/stages.ts)',
    );
    expect(() => readStage(STAGES, { stage: 'toString' })).toThrow(
      'stage: got "toString", allowed: dev, prod',
    );
  });

  test.each([false, 'false', 'no'])(
    'downloads that are not signed: PRESIGNED_URLS=%p',
    (presignedUrls) => {
      expect(() => readStage(STAGES, { presignedUrls })).toThrow(
        /presignedUrls: got .*, allowed: true: on AWS downloads are always signed; PRESIGNED_URLS=false is for a server that runs by itself/,
      );
    },
  );

  test('signed downloads that are asked for by name are no fault', () => {
    expect(readStage(STAGES, { presignedUrls: 'true' })).toEqual(readStage(STAGES));
  });

  test.each([
    [
      { apiDomainName: 'api.example.com' },
      'apiCertificateArn: got nothing, allowed: both apiDomainName and',
    ],
    [
      { cdnCertificateArn: IN_VIRGINIA },
      'cdnDomainName: got nothing, allowed: both cdnDomainName and',
    ],
    [
      { downloads: 'cdn', cdnDomainName: 'get.example.com', cdnCertificateArn: IN_FRANKFURT },
      'the ARN of a certificate in us-east-1',
    ],
    [
      { downloads: 's3', cdnDomainName: 'get.example.com', cdnCertificateArn: IN_VIRGINIA },
      'cdnDomainName: got "get.example.com", allowed: nothing where downloads is s3',
    ],
    [
      { downloads: 's3', linkTtlSeconds: 901 },
      'linkTtlSeconds: got 901, allowed: at most 900 where downloads is s3',
    ],
    [
      { region: 'eu-west-1', apiDomainName: 'api.example.com', apiCertificateArn: IN_FRANKFURT },
      'allowed: one in the region of the stage (eu-west-1)',
    ],
    [
      { region: 'eu-west-1', bucketKeyArn: KEY },
      'allowed: one in the region of the stage (eu-west-1)',
    ],
    [
      {
        apiDomainName: 'get.example.com',
        apiCertificateArn: IN_VIRGINIA,
        cdnDomainName: 'get.example.com',
        cdnCertificateArn: IN_VIRGINIA,
      },
      'cdnDomainName: got "get.example.com", allowed: another than apiDomainName',
    ],
    [{ uploadTtlSeconds: 901 }, 'uploadTtlSeconds: got 901, allowed: a whole number from 1 to 900'],
    [
      { downloads: 'cdn', maxPackageBytes: 50e9 + 1 },
      'allowed: at most 50000000000 where downloads is cdn',
    ],
    [
      { uploadTtlSeconds: 600, uploadRetentionSeconds: 599 },
      'allowed: at least uploadTtlSeconds (600)',
    ],
    [
      { replicaRegion: 'eu-west-1' },
      'region: got nothing, allowed: one that is named where replicaRegion is',
    ],
    [
      { region: 'eu-west-1', replicaRegion: 'eu-west-1' },
      'replicaRegion: got "eu-west-1", allowed: another than region',
    ],
    [
      { region: 'eu-central-1', replicaRegion: 'eu-west-1', bucketKeyArn: KEY },
      'replicaRegion: got "eu-west-1", allowed: nothing where bucketKeyArn is set',
    ],
    [
      { corsOrigins: ['https://example.com/'] },
      'corsOrigins: got ["https://example.com/"], allowed: a list of origins',
    ],
    [{ corsOrigins: ['*', 'https://example.com'] }, 'corsOrigins: got ["*","https://example.com"]'],
    [
      { throttles: { download: { ratePerSecond: 0, burst: 1 } } },
      'throttles: got {"download":{"ratePerSecond":0',
    ],
    [{ throttles: { upload: { ratePerSecond: 1, burst: 1 } } }, 'for any of download, others'],
    [{ priceClass: '300' }, 'priceClass: got "300", allowed: 100, 200, all'],
    [
      { priceClass: 'all', downloads: 's3' },
      'priceClass: got "all", allowed: 100 where downloads is s3',
    ],
    [{ bucketKeyArn: 'alias/packages' }, 'the ARN of a KMS key (not of an alias)'],
    [
      { cdnKeyOverlapSeconds: 3599 },
      'cdnKeyOverlapSeconds: got 3599, allowed: a whole number from 3600',
    ],
    [
      { account: 123456789012 },
      'account: got 123456789012, allowed: the 12 digits of an account, as text',
    ],
    [
      { reservedConcurrency: { uploads: 5 } },
      'by the name of a file in lambda/functions, such as { verify: 5 }',
    ],
    [{ replicaStorageClass: 'DEEP_ARCHIVE' }, 'allowed: STANDARD, STANDARD_IA'],
    [{ replicaStorageClass: 'STANDARD' }, 'allowed: nothing where replicaRegion is not set'],
    [{ tracing: true }, 'tracing: got true, allowed: all, not-downloads, none'],
    [{ reservedConcurrency: { verify: 0 } }, 'reservedConcurrency: got {"verify":0}'],
    [
      { reservedConcurrency: { verify: 1 } },
      'reservedConcurrency: got {"verify":1}, allowed: at least 2 for verify: its queue starts no fewer at once, and packages that are refused end as dead letters',
    ],
    [
      { verificationConcurrency: 1 },
      'verificationConcurrency: got 1, allowed: a whole number from 2 to 1000',
    ],
  ])('%j', (input, fault) => {
    expect(() => read(input)).toThrow(fault);
  });

  test('nothing of a stage in which everything is set', () => {
    const input: StageInput = {
      account: '123456789012',
      region: 'eu-central-1',
      replicaRegion: 'eu-west-1',
      apiDomainName: 'api.example.com',
      apiCertificateArn: IN_FRANKFURT,
      cdnDomainName: 'get.example.com',
      cdnCertificateArn: IN_VIRGINIA,
      corsOrigins: ['https://example.com', 'http://localhost:5173'],
      alarmEmail: 'ops@example.com',
      reservedConcurrency: { verify: 5 },
      downloads: 'cdn',
      linkTtlSeconds: 3600,
    };

    expect(read(input)).toMatchObject(input);
  });
});
