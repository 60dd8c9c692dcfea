/** What each function's role may do, tried out with its own credentials: every grant, and everything that was not granted. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dynamoClient } from '../../../storage/dynamo/dynamo-client.ts';
import { REGION } from '../../support/servers/aws-emulator/aws-emulator.ts';
import { assumeRole } from '../assume-role.ts';
import type { Credentials } from '../aws-call.ts';
import type { DeployedStack } from '../deployed-stack.ts';

const KEY = 'packages/roles/probe.bin';

/** Tries one thing with the credentials of a role. @throws where it is refused, or where a condition that comes after does not hold */
type Probe = (probed: Probed) => Promise<unknown>;

interface Probed {
  readonly s3: S3Client;
  readonly dynamo: ReturnType<typeof dynamoClient>;
  readonly Bucket: string;
  readonly TableName: string;
}

const PROBES = {
  'put a package': ({ s3, Bucket }) =>
    s3.send(
      new PutObjectCommand({ Bucket, Key: `packages/roles/${crypto.randomUUID()}`, Body: 'x', IfNoneMatch: '*' }),
    ),
  'overwrite a package': ({ s3, Bucket }) => s3.send(new PutObjectCommand({ Bucket, Key: KEY, Body: 'x' })),
  'get a package': ({ s3, Bucket }) => s3.send(new GetObjectCommand({ Bucket, Key: KEY })),
  'delete a package': ({ s3, Bucket }) =>
    s3.send(new DeleteObjectCommand({ Bucket, Key: 'packages/roles/absent.bin' })),
  'write a package record': (probed) => putItem(probed, 'P#roles', 'probe'),
  'write a channel': (probed) => putItem(probed, 'C', 'probe'),
  'write a token': (probed) => putItem(probed, 'T', 'probe'),
} as const satisfies Record<string, Probe>;

type ProbeName = keyof typeof PROBES;

/** By the function's name in the template. */
const ALLOWED: Readonly<Record<string, readonly ProbeName[]>> = {
  Publish: ['put a package', 'get a package', 'delete a package', 'write a package record'],
  Download: ['get a package'],
  CatalogReader: [],
  Admin: ['get a package', 'delete a package', 'write a package record', 'write a channel', 'write a token'],
};

export function describeRoles(deployed: () => DeployedStack): void {
  let bucket: { readonly Bucket: string; readonly Key: string };
  beforeAll(async () => {
    bucket = { Bucket: deployed().output('BucketName'), Key: KEY };
    await deployed().s3.send(new PutObjectCommand({ ...bucket, Body: 'bytes', IfNoneMatch: '*' }));
  });
  afterAll(() => deployed().s3.send(new DeleteObjectCommand(bucket)));

  test.each(Object.entries(ALLOWED))(
    'the role of %s may do what it is there for, and nothing else',
    async (name, allowed) => {
      const credentials = await assumeRole(deployed().emulator, await deployed().function(name).roleArn());

      expect(await granted(deployed(), credentials)).toEqual(allowed);
    },
  );
}

async function granted(stack: DeployedStack, credentials: Credentials): Promise<readonly string[]> {
  const config = { endpoint: stack.emulator.endpoint, credentials, region: REGION };
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const dynamo = dynamoClient(config);
  const probed = { s3, dynamo, Bucket: stack.output('BucketName'), TableName: stack.output('TableName') };
  const names: string[] = [];
  for (const [name, probe] of Object.entries(PROBES)) if (await isAllowed(() => probe(probed))) names.push(name);
  s3.destroy();
  dynamo.destroy();
  return names;
}

const REFUSED = ['AccessDenied', 'AccessDeniedException'];

async function isAllowed(probe: () => Promise<unknown>): Promise<boolean> {
  try {
    await probe();
    return true;
  } catch (error) {
    const { name } = error as { readonly name: string };
    if (REFUSED.includes(name)) return false;
    if (name === 'ConditionalCheckFailedException') return true;
    throw error;
  }
}

function putItem({ dynamo, TableName }: Probed, pk: string, sk: string): Promise<unknown> {
  return dynamo.send(
    new PutItemCommand({
      TableName,
      Item: { pk: { S: pk }, sk: { S: sk } },
      // Can not hold: what is granted fails later than what is not, and leaves nothing behind.
      ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(pk)',
    }),
  );
}
