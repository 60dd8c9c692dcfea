/** What a role may do, found out by doing it: one probe a permission that matters, none of which leaves anything behind that would hurt. */

import {
  CloudFrontClient,
  CreateInvalidationCommand,
  ListPublicKeysCommand,
} from '@aws-sdk/client-cloudfront';
import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { CANARY_KEY, CONSOLE_FOLDER } from '../../core/layout.ts';
import { JsonClient } from '../../storage/aws/json-client.ts';
import { EVENT_BRIDGE } from '../../storage/aws/json-services.ts';
import { dynamoClient } from '../../storage/dynamo/dynamo-client.ts';
import type { Credentials } from '../support/deployed/aws-call.ts';
import { configOf, type DeployedStack } from '../support/deployed/deployed-stack.ts';

/** There is such an object while roles are tried out. */
export const PROBED_KEY = 'packages/roles/probe.bin';
export const PROBED_CONSOLE_FILE = `${CONSOLE_FOLDER}/probe.js`;

interface Probed {
  readonly s3: S3Client;
  readonly dynamo: ReturnType<typeof dynamoClient>;
  readonly secrets: SecretsManagerClient;
  readonly sqs: SQSClient;
  readonly cloudFront: CloudFrontClient;
  readonly events: JsonClient;
  readonly stack: DeployedStack;
  readonly Bucket: string;
}

/** @throws where it is refused, or where a condition that comes later does not hold */
type Probe = (probed: Probed) => Promise<unknown>;

const PROBES = {
  'put a package': ({ s3, Bucket }) =>
    s3.send(new PutObjectCommand({ Bucket, Key: PROBED_KEY, Body: 'x', IfNoneMatch: '*' })),
  'overwrite a package': ({ s3, Bucket }) =>
    s3.send(new PutObjectCommand({ Bucket, Key: PROBED_KEY, Body: 'x' })),
  'put the canary': ({ s3, Bucket }) =>
    s3.send(new PutObjectCommand({ Bucket, Key: CANARY_KEY, Body: 'x', IfNoneMatch: '*' })),
  'put a file of the console': ({ s3, Bucket }) =>
    s3.send(new PutObjectCommand({ Bucket, Key: PROBED_CONSOLE_FILE, Body: 'x' })),
  'get a package': ({ s3, Bucket }) => s3.send(new GetObjectCommand({ Bucket, Key: PROBED_KEY })),
  'delete a package': ({ s3, Bucket }) =>
    s3.send(new DeleteObjectCommand({ Bucket, Key: 'packages/roles/absent.bin' })),
  'tag a package': ({ s3, Bucket }) =>
    s3.send(new PutObjectTaggingCommand({ Bucket, Key: PROBED_KEY, Tagging: { TagSet: [] } })),
  'write a package record': (probed) => putItem(probed, 'P#roles'),
  'take a name': (probed) => putItem(probed, 'N#roles'),
  'enter a digest': (probed) => putItem(probed, 'D#roles'),
  'write a version': (probed) => putItem(probed, 'V'),
  'end a seal': ({ dynamo, stack }) =>
    dynamo.send(
      new UpdateItemCommand({
        TableName: stack.output('TableName'),
        Key: { pk: { S: 'V' }, sk: { S: 'probe' } },
        UpdateExpression: 'REMOVE sealing',
        // Can not hold.
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(pk)',
      }),
    ),
  'write a channel': (probed) => putItem(probed, 'C'),
  'note a change': (probed) => putItem(probed, 'A'),
  'close a day of the audit': (probed) => putItem(probed, 'D'),
  'write a token': (probed) => putItem(probed, 'T'),
  'write a link': (probed) => putItem(probed, 'L'),
  'count a download': ({ dynamo, stack }) =>
    dynamo.send(
      new UpdateItemCommand({
        TableName: stack.output('TableName'),
        Key: { pk: { S: 'L' }, sk: { S: 'probe' } },
        UpdateExpression: 'SET downloads = :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
        // Can not hold.
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(pk)',
      }),
    ),
  'have a package verified': ({ sqs, stack }) =>
    sqs.send(
      new SendMessageCommand({ QueueUrl: queueOf(stack), MessageBody: '{}', DelaySeconds: 900 }),
    ),
  announce: ({ events, stack }) => {
    const EventBusName = stack.output('EventBusName');
    const Detail = JSON.stringify({ packageId: 'probe' });
    return events.send('PutEvents', {
      Entries: [{ EventBusName, Source: 'probe', DetailType: 'Probe', Detail }],
    });
  },
  'make the CDN forget': ({ cloudFront, stack }) =>
    cloudFront.send(
      new CreateInvalidationCommand({
        DistributionId: stack.output('DistributionId'),
        InvalidationBatch: {
          CallerReference: crypto.randomUUID(),
          Paths: { Quantity: 1, Items: ['/packages/roles'] },
        },
      }),
    ),
  'read the keyring': ({ secrets, stack }) =>
    secrets.send(new GetSecretValueCommand({ SecretId: stack.output('KeyringSecret') })),
  'write the keyring': ({ secrets, stack }) =>
    // A version beside the current one, which is never read.
    secrets.send(
      new PutSecretValueCommand({
        SecretId: stack.output('KeyringSecret'),
        SecretString: 'probe',
        VersionStages: ['PROBE'],
      }),
    ),
  'see the keys of the CDN': ({ cloudFront }) => cloudFront.send(new ListPublicKeysCommand({})),
  'read the key of cursors': ({ secrets, stack }) =>
    secrets.send(new GetSecretValueCommand({ SecretId: cursorKeyOf(stack) })),
} as const satisfies Record<string, Probe>;

export type Permission = keyof typeof PROBES;

const REFUSED = ['AccessDenied', 'AccessDeniedException'];
/** What comes after the permission: it was granted. */
const LATER = [
  'ConditionalCheckFailedException',
  'PreconditionFailed',
  'InvalidRequestException',
  'ValidationException',
];

/** What of all that these credentials may do. */
export async function permissionsOf(
  stack: DeployedStack,
  credentials: Credentials,
): Promise<readonly Permission[]> {
  const config = { ...configOf(stack.account), credentials };
  const probed = {
    s3: new S3Client(config),
    dynamo: dynamoClient(config),
    secrets: new SecretsManagerClient(config),
    sqs: new SQSClient(config),
    cloudFront: new CloudFrontClient(config),
    events: new JsonClient(EVENT_BRIDGE, config),
    stack,
    Bucket: stack.output('BucketName'),
  };
  const allowed: Permission[] = [];
  for (const [name, probe] of Object.entries(PROBES)) {
    if (await isAllowed(() => probe(probed))) allowed.push(name as Permission);
  }
  const { s3, dynamo, secrets, sqs, cloudFront, events } = probed;
  for (const client of [s3, dynamo, secrets, sqs, cloudFront, events]) client.destroy();
  return allowed;
}

async function isAllowed(probe: () => Promise<unknown>): Promise<boolean> {
  try {
    await probe();
    return true;
  } catch (error) {
    const { name } = error as { readonly name: string };
    if (REFUSED.includes(name)) return false;
    if (LATER.includes(name)) return true;
    throw error;
  }
}

function putItem({ dynamo, stack }: Probed, pk: string): Promise<unknown> {
  return dynamo.send(
    new PutItemCommand({
      TableName: stack.output('TableName'),
      Item: { pk: { S: pk }, sk: { S: 'probe' } },
      // Can not hold.
      ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(pk)',
    }),
  );
}

function queueOf(stack: DeployedStack): string {
  const queue = stack
    .ofType('AWS::SQS::Queue')
    .find(({ logicalId }) => /^UpkeepVerificationQueue/.test(logicalId));
  if (queue === undefined) throw new Error('the stack has no queue of verifications');
  return queue.physicalId;
}

function cursorKeyOf(stack: DeployedStack): string {
  const secret = stack
    .ofType('AWS::SecretsManager::Secret')
    .find(({ logicalId }) => /^CursorKey/.test(logicalId));
  if (secret === undefined) throw new Error('the stack has no key of cursors');
  return secret.physicalId;
}
