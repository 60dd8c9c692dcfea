/**
 * The function of the CloudFormation resource of the console: it puts the files beside this bundle
 * into the bucket, and sends its answer to the URL in CloudFormation's request.
 */
import { readdir, readFile } from 'node:fs/promises';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { s3Settings } from '../../open/s3-driver-settings.ts';
import { translating } from '../../storage/aws/errors.ts';
import { S3Bucket } from '../../storage/s3/bucket/s3-bucket.ts';
import { type ConsoleDeps, placeConsole } from '../console/place-console.ts';
import { connectS3 } from '../drivers/signed-requests.ts';
import { answerCloudFormation } from '../runtime/answer-cloudformation.ts';
import { functionLog } from '../runtime/function-log.ts';
import { readBucket } from '../settings/function-settings.ts';
import { readFunctionSettings } from '../settings/read-function-settings.ts';

const FOLDER = new URL('./console/', import.meta.url);
const log = functionLog('console-resource');

/** CloudFormation also gets an answer when opening fails: it would wait an hour otherwise. */
export async function handler(event: CloudFormationCustomResourceEvent): Promise<void> {
  const answer = await placeConsole(event, open);
  const reason = answer.Status === 'FAILED' ? { reason: answer.Reason } : {};
  log[answer.Status === 'FAILED' ? 'error' : 'info'](
    { status: answer.Status, ...reason },
    `files of the console: ${event.RequestType}`,
  );
  await answerCloudFormation(event, answer);
}

async function open(): Promise<ConsoleDeps> {
  const settings = s3Settings(readFunctionSettings(readBucket));
  const { client, name: Bucket, address } = new S3Bucket(settings, connectS3);
  return {
    files: await readFiles(),
    storageUrl: `${address.protocol}//${address.host}`,
    put: async (Key, Body, { contentType: ContentType, cacheControl: CacheControl }) => {
      const input = { Bucket, Key, Body, ContentType, CacheControl };
      await translating(`${Key} in bucket ${Bucket}`, () => client.request('PutObject', input));
    },
  };
}

async function readFiles(): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(FOLDER);
  const files = names.map(
    async (name) => [name, await readFile(new URL(name, FOLDER), 'utf8')] as const,
  );
  return new Map(await Promise.all(files));
}
