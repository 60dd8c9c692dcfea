/**
 * The address of a bucket in signed requests. The SDK has the same rules, but they come with its
 * client, which a signer should not have to load. A test compares the two.
 */
import { isIP } from 'node:net';
import { domainOf } from '../../aws/partitions.ts';
import type { BucketAddress, S3Settings } from './s3-settings.ts';

type Addressed = Pick<S3Settings, 'bucket' | 'region' | 'addressing'>;

/** @param endpoint undefined: the endpoint of AWS in the region */
export function bucketAddress(settings: Addressed, endpoint: string | undefined): BucketAddress {
  const { bucket, region } = settings;
  const url = new URL(endpoint ?? `https://s3.${region}.${domainOf(region)}`);
  const path = url.pathname.replace(/\/+$/, '');
  const inPath = wantsPath(settings, endpoint) || !canBeInHost(bucket, url);
  const host = inPath ? url.host : `${bucket}.${url.host}`;
  return {
    protocol: url.protocol,
    hostname: inPath ? url.hostname : `${bucket}.${url.hostname}`,
    ...(url.port !== '' && { port: Number(url.port) }),
    host,
    path: inPath ? `${path}/${bucket}` : path,
    signingRegion: region,
  };
}

export function wantsPath(
  { addressing, bucket }: Addressed,
  endpoint: string | undefined,
): boolean {
  if (addressing !== 'auto') return addressing === 'path';
  // A wildcard certificate covers one label, so a bucket with a dot has no host name of its own
  // under TLS.
  if (bucket.includes('.')) return true;
  if (endpoint === undefined) return false;
  const { hostname, port } = new URL(endpoint);
  return port !== '' || hostname === 'localhost' || isAddress(hostname);
}

/** False: the bucket is put in the path, even if the settings ask for the host name. */
function canBeInHost(bucket: string, { hostname }: URL): boolean {
  return !isAddress(hostname) && !bucket.includes('.');
}

function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}
