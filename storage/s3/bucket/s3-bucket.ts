/** One bucket, made from its settings: its client, its addresses, and the prefix of our keys. */
import { S3Client, type StorageClass } from '@aws-sdk/client-s3';
import type { AwsCredentialIdentity } from '@smithy/types';
import { ServiceError } from '../../../core/errors.ts';
import { type PackageKey, parsePackageKey } from '../../../core/names.ts';
import { ReceivingAgents } from '../../http/receiving-agents.ts';
import { NodeSha256 } from '../../sigv4/node-sha256.ts';
import { wantsPath } from './bucket-address.ts';
import type { BucketAddress, S3Integrity, S3Settings } from './s3-settings.ts';

export const CONNECT_MS = 5_000;
/** Without a byte on the connection. */
export const IDLE_MS = 60_000;
export const SOCKETS = 100;

export class S3Bucket {
  readonly name: string;
  readonly integrity: S3Integrity;
  readonly client: S3Client;
  /** The connections of `client`. */
  readonly agents: ReceivingAgents;
  /** For signed requests, which clients send. */
  readonly address: BucketAddress;
  /** For requests that this process sends. */
  readonly ownAddress: BucketAddress;
  /** Empty, or ends in a slash. */
  readonly prefix: string;
  /** For bytes that pass through this process. @default the bucket's own */
  readonly storageClass: StorageClass | undefined;

  constructor(settings: S3Settings) {
    this.name = settings.bucket;
    this.integrity = settings.integrity;
    // Compatible stores have their own classes, and S3 refuses those that it does not know.
    this.storageClass = settings.storageClass as StorageClass | undefined;
    const prefix = (settings.prefix ?? '').replace(/^\/+|\/+$/g, '');
    this.prefix = prefix === '' ? '' : `${prefix}/`;
    this.agents = new ReceivingAgents({ keepAlive: true, maxSockets: SOCKETS });
    this.client = clientFor(settings, settings.endpoint, this.agents);
    this.address = addressOf(settings, this.client, settings.publicEndpoint ?? settings.endpoint);
    this.ownAddress = addressOf(settings, this.client, settings.endpoint);
  }

  /** The credentials that `client` signs with. */
  credentials(): Promise<AwsCredentialIdentity> {
    return this.client.config.credentials();
  }

  /** What every command about one object begins with. */
  object(key: PackageKey): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.name, Key: this.prefix + key };
  }

  /** The package key for an object name; undefined if the name is not a package's. */
  keyOf(text: string | undefined): PackageKey | undefined {
    if (text?.startsWith(this.prefix) !== true) return undefined;
    try {
      return parsePackageKey(text.slice(this.prefix.length)).key;
    } catch {
      return undefined; // The bucket may hold foreign files, too.
    }
  }
}

function clientFor(
  settings: S3Settings,
  endpoint: string | undefined,
  agents: ReceivingAgents,
): S3Client {
  const { region, credentials } = settings;
  return new S3Client({
    region,
    ...(credentials && { credentials }),
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: wantsPath(settings, endpoint),
    followRegionRedirects: false,
    // A store without checksums refuses those that the SDK would add. Where we want one, we ask for
    // it.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    retryMode: 'standard',
    maxAttempts: 3,
    sha256: NodeSha256,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: IDLE_MS,
      httpAgent: agents.http,
      httpsAgent: agents.https,
    },
  });
}

/** The SDK's own rules say where the bucket is: partitions, dots, paths in endpoints. */
function addressOf(
  settings: S3Settings,
  client: S3Client,
  endpoint: string | undefined,
): BucketAddress {
  const { url, properties } = client.config.endpointProvider({
    Bucket: settings.bucket,
    Region: settings.region,
    ForcePathStyle: wantsPath(settings, endpoint),
    UseFIPS: false,
    UseDualStack: false,
    Accelerate: false,
    DisableMultiRegionAccessPoints: true,
    ...(endpoint !== undefined && { Endpoint: endpoint }),
  });
  if (!/^https?:$/.test(url.protocol)) {
    throw new ServiceError(
      'INVALID_INPUT',
      `the endpoint of the store must be an http or https URL, got ${url.href}`,
    );
  }
  const [scheme] = (properties?.['authSchemes'] ?? []) as readonly {
    readonly signingRegion?: string;
  }[];
  return {
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    host: url.host,
    path: url.pathname.replace(/\/+$/, ''),
    signingRegion: scheme?.signingRegion ?? settings.region,
  };
}
