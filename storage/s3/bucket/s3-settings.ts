/** What is to be known of a bucket before anybody speaks to it. Types alone: who signs by our own hand loads no client. */
import type { S3ClientConfig } from '@aws-sdk/client-s3';

/** How bytes are bound to a signed upload: by `x-amz-checksum-sha256`, or by a header signature over their hash. */
export type S3Integrity = 'checksum' | 'payload';

export interface S3Settings {
  readonly bucket: string;
  readonly region: string;
  /** @default the SDK's own chain */
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>;
  /** @default the regional endpoint of AWS */
  readonly endpoint?: string;
  /** The endpoint that URLs are signed for, where clients reach the store by another name. @default `endpoint` */
  readonly publicEndpoint?: string;
  /** `auto`: in the path for an IP address, localhost, or a port, and for a bucket with a dot; else in the host name. */
  readonly addressing: 'auto' | 'path' | 'virtual';
  readonly integrity: S3Integrity;
  /** Our keys lie under it, with a slash between. @default none */
  readonly prefix?: string;
  /** As S3 names it, for objects whose bytes go through us; signed uploads get the bucket's own. @default the bucket's own */
  readonly storageClass?: string;
}

/** Where the bucket is for whoever sends a signed request. */
export interface BucketAddress {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  /** Host header, with the port where it is not the protocol's own. */
  readonly host: string;
  /** Path of the bucket, without a slash at its end. */
  readonly path: string;
  readonly signingRegion: string;
}
