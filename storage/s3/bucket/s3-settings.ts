/** The settings of a bucket. Only types, so that a link signer does not load the S3 client. */
import type { S3ClientConfig } from '@aws-sdk/client-s3';

/**
 * How bytes are bound to a signed upload: by `x-amz-checksum-sha256`, or by a header signature over
 * their hash.
 */
export type S3Integrity = 'checksum' | 'payload';

export interface S3Settings {
  readonly bucket: string;
  readonly region: string;
  /** @default the credential chain of the SDK */
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>;
  /** @default the regional endpoint of AWS */
  readonly endpoint?: string;
  /**
   * The endpoint in signed URLs, if clients reach the store by another name.
   * @default `endpoint`
   */
  readonly publicEndpoint?: string;
  /**
   * Where the bucket name goes. `auto`: in the path if the endpoint is an IP address, localhost, or
   * has a port, or if the bucket name has a dot; else in the host name.
   */
  readonly addressing: 'auto' | 'path' | 'virtual';
  readonly integrity: S3Integrity;
  /** Comes before every key, with a slash between. @default none */
  readonly prefix?: string;
  /**
   * As S3 names it, for bytes that pass through this process. Signed uploads always get the
   * bucket's own. @default the bucket's own
   */
  readonly storageClass?: string;
}

/** How the sender of a request reaches the bucket. */
export interface BucketAddress {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  /** The Host header, with the port unless it is the protocol's default. */
  readonly host: string;
  /** Path of the bucket, without a slash at its end. */
  readonly path: string;
  readonly signingRegion: string;
}
