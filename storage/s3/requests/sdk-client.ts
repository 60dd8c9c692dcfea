/** The SDK's client of S3, with which servers and commands send what a store asks of its bucket. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { AwsCredentialIdentity } from '@smithy/types';
import type { ReceivingAgents } from '../../http/receiving-agents.ts';
import { NodeSha256 } from '../../sigv4/node-sha256.ts';
import { wantsPath } from '../bucket/bucket-address.ts';
import { CONNECT_MS, IDLE_MS } from '../bucket/s3-bucket.ts';
import type { S3Operation, S3Operations, S3Requests } from '../bucket/s3-requests.ts';
import type { S3Settings } from '../bucket/s3-settings.ts';

const COMMANDS = {
  AbortMultipartUpload: AbortMultipartUploadCommand,
  CompleteMultipartUpload: CompleteMultipartUploadCommand,
  CreateMultipartUpload: CreateMultipartUploadCommand,
  DeleteObject: DeleteObjectCommand,
  DeleteObjectTagging: DeleteObjectTaggingCommand,
  GetObject: GetObjectCommand,
  GetObjectTagging: GetObjectTaggingCommand,
  HeadObject: HeadObjectCommand,
  ListMultipartUploads: ListMultipartUploadsCommand,
  ListObjectsV2: ListObjectsV2Command,
  ListParts: ListPartsCommand,
  PutObject: PutObjectCommand,
  PutObjectTagging: PutObjectTaggingCommand,
} as const satisfies Readonly<Record<S3Operation, unknown>>;

export class SdkS3Client extends S3Client implements S3Requests {
  async request<Name extends S3Operation>(
    operation: Name,
    input: S3Operations[Name][0],
  ): Promise<S3Operations[Name][1]> {
    // Each name has the command of its input, which the compiler does not follow.
    const Command = COMMANDS[operation] as new (input: never) => HeadObjectCommand;
    return this.send(new Command(input as never)) as Promise<S3Operations[Name][1]>;
  }

  credentials(): Promise<AwsCredentialIdentity> {
    return this.config.credentials();
  }
}

export function sdkS3(settings: S3Settings, agents: ReceivingAgents): SdkS3Client {
  const { region, credentials, endpoint } = settings;
  return new SdkS3Client({
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
