/** One bucket, made from its settings: its client, its addresses, and the prefix of our keys. */
import type { StorageClass } from '@aws-sdk/client-s3';
import type { AwsCredentialIdentity } from '@smithy/types';
import { ServiceError } from '../../../core/errors.ts';
import { type PackageKey, parsePackageKey } from '../../../core/names.ts';
import { ReceivingAgents } from '../../http/receiving-agents.ts';
import { bucketAddress } from './bucket-address.ts';
import type { S3Connect, S3Requests } from './s3-requests.ts';
import type { BucketAddress, S3Integrity, S3Settings } from './s3-settings.ts';

export const CONNECT_MS = 5_000;
/** Without a byte on the connection. */
export const IDLE_MS = 60_000;
export const SOCKETS = 100;

export class S3Bucket<Client extends S3Requests = S3Requests> {
  readonly name: string;
  readonly integrity: S3Integrity;
  readonly client: Client;
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

  /** @param connect makes the client: requests/sdk-client.ts or requests/signed-client.ts */
  constructor(settings: S3Settings, connect: S3Connect<Client>) {
    this.name = settings.bucket;
    this.integrity = settings.integrity;
    // Compatible stores have their own classes, and S3 refuses those that it does not know.
    this.storageClass = settings.storageClass as StorageClass | undefined;
    const prefix = (settings.prefix ?? '').replace(/^\/+|\/+$/g, '');
    this.prefix = prefix === '' ? '' : `${prefix}/`;
    this.agents = new ReceivingAgents({ keepAlive: true, maxSockets: SOCKETS });
    this.address = addressOf(settings, settings.publicEndpoint ?? settings.endpoint);
    this.ownAddress = addressOf(settings, settings.endpoint);
    this.client = connect(settings, this.agents);
  }

  /** The credentials that `client` signs with. */
  credentials(): Promise<AwsCredentialIdentity> {
    return this.client.credentials();
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

/** Where the bucket is, by rules that are those of the SDK. */
function addressOf(settings: S3Settings, endpoint: string | undefined): BucketAddress {
  const url = endpoint === undefined ? undefined : URL.parse(endpoint);
  if (url === null || (url !== undefined && !/^https?:$/.test(url.protocol))) {
    throw new ServiceError(
      'INVALID_INPUT',
      `the endpoint of the store must be an http or https URL, got ${endpoint}`,
    );
  }
  return bucketAddress(settings, endpoint);
}
