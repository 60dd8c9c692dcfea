/**
 * The requests that a store sends to its bucket, by the SDK's client (requests/sdk-client.ts), or
 * signed and sent by the project's own code (requests/signed-client.ts).
 */
import type { Readable } from 'node:stream';
import type {
  AbortMultipartUploadRequest,
  CompleteMultipartUploadRequest,
  CreateMultipartUploadOutput,
  CreateMultipartUploadRequest,
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectTaggingRequest,
  GetObjectRequest,
  GetObjectTaggingOutput,
  GetObjectTaggingRequest,
  HeadObjectOutput,
  HeadObjectRequest,
  ListMultipartUploadsOutput,
  ListMultipartUploadsRequest,
  ListObjectsV2Output,
  ListObjectsV2Request,
  ListPartsOutput,
  ListPartsRequest,
  PutObjectRequest,
  PutObjectTaggingRequest,
} from '@aws-sdk/client-s3';
import type { AwsCredentialIdentity } from '@smithy/types';
import type { ReceivingAgents } from '../../http/receiving-agents.ts';
import type { S3Settings } from './s3-settings.ts';

/** What is asked, and as much of the answer as stores use. */
export interface S3Operations {
  readonly AbortMultipartUpload: readonly [AbortMultipartUploadRequest, unknown];
  readonly CompleteMultipartUpload: readonly [CompleteMultipartUploadRequest, unknown];
  readonly CreateMultipartUpload: readonly [
    CreateMultipartUploadRequest,
    Pick<CreateMultipartUploadOutput, 'UploadId'>,
  ];
  readonly DeleteObject: readonly [DeleteObjectRequest, DeleteObjectOutput];
  readonly DeleteObjectTagging: readonly [DeleteObjectTaggingRequest, unknown];
  readonly GetObject: readonly [GetObjectRequest, { readonly Body?: Readable }];
  readonly GetObjectTagging: readonly [
    GetObjectTaggingRequest,
    Pick<GetObjectTaggingOutput, 'TagSet'>,
  ];
  readonly HeadObject: readonly [HeadObjectRequest, HeadObjectOutput];
  readonly ListMultipartUploads: readonly [ListMultipartUploadsRequest, ListMultipartUploadsOutput];
  readonly ListObjectsV2: readonly [ListObjectsV2Request, ListObjectsV2Output];
  readonly ListParts: readonly [ListPartsRequest, ListPartsOutput];
  readonly PutObject: readonly [
    Omit<PutObjectRequest, 'Body'> & { readonly Body: string },
    unknown,
  ];
  readonly PutObjectTagging: readonly [PutObjectTaggingRequest, unknown];
}

export type S3Operation = keyof S3Operations;

export interface S3Requests {
  /** Retries on throttling and faults. @throws an error in the shape of the SDK's */
  request<Name extends S3Operation>(
    operation: Name,
    input: S3Operations[Name][0],
  ): Promise<S3Operations[Name][1]>;
  /** Those that requests are signed with. */
  credentials(): Promise<AwsCredentialIdentity>;
  /** Repeatable. */
  destroy(): void;
}

/** @param agents whose connections large answers come through */
export type S3Connect<Client extends S3Requests = S3Requests> = (
  settings: S3Settings,
  agents: ReceivingAgents,
) => Client;
