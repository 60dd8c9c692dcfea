/**
 * Where links to a bucket lead, without the SDK's client: where the SDK's own rules would lead
 * them, for every way to name a bucket.
 */
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { bucketAddress, wantsPath } from '../../../storage/s3/bucket/bucket-address.ts';

const REGIONS = [
  'us-east-1',
  'eu-central-1',
  'cn-north-1',
  'us-gov-west-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'us-isof-south-1',
  'eusc-de-east-1',
  'fra1',
];
const ENDPOINTS = [
  undefined,
  'https://fra1.digitaloceanspaces.com',
  'https://store.example.com/s3/',
  'https://store.example.com:8443',
  'http://store.example.com',
  'http://localhost:9000',
  'http://127.0.0.1:9000',
  'https://192.0.2.1',
  'http://[::1]:80',
];
const WAYS = ['auto', 'path', 'virtual'] as const;
const BUCKETS = ['packages', 'my.dotted.bucket', 'a-b'];

describe('the address of a bucket', () => {
  test.each(REGIONS.flatMap((region) => WAYS.map((addressing) => [region, addressing] as const)))(
    'in %s, %s, is the one that the SDK finds',
    (region, addressing) => {
      for (const bucket of BUCKETS) {
        for (const endpoint of ENDPOINTS) {
          const settings = { bucket, region, addressing, integrity: 'checksum' as const };
          const ours = bucketAddress(settings, endpoint);

          expect({ bucket, endpoint, ...ours }).toEqual({
            bucket,
            endpoint,
            ...theirs(settings, endpoint),
          });
        }
      }
    },
  );
});

/** By the rules of the SDK's client. */
function theirs(settings: Parameters<typeof bucketAddress>[0], endpoint: string | undefined) {
  const { bucket, region } = settings;
  const client = new S3Client({ region });
  const { url, properties } = client.config.endpointProvider({
    Bucket: bucket,
    Region: region,
    ForcePathStyle: wantsPath(settings, endpoint),
    UseFIPS: false,
    UseDualStack: false,
    Accelerate: false,
    DisableMultiRegionAccessPoints: true,
    ...(endpoint !== undefined && { Endpoint: endpoint }),
  });
  client.destroy();
  const [scheme] = (properties?.['authSchemes'] ?? []) as readonly {
    readonly signingRegion?: string;
  }[];
  return {
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    host: url.host,
    path: url.pathname.replace(/\/+$/, ''),
    signingRegion: scheme?.signingRegion,
  };
}
