/** What was deployed, read back from the services themselves: that a stack is complete proves nothing about a single property. */
import { DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import {
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { ROUTES, type Route } from '../../../api/routes.ts';
import { tableDefinition } from '../../../storage/dynamo/table.ts';
import { askAws } from '../../support/deployed/aws-call.ts';
import type { DeployedStack } from '../../support/deployed/deployed-stack.ts';
import { CORS_ORIGIN } from '../deployed-target.ts';

export function describeSettings(deployed: () => DeployedStack): void {
  test('the bucket keeps versions, encrypts, and is closed to the public', async () => {
    const { s3 } = deployed();
    const Bucket = deployed().output('BucketName');

    const versioning = await s3.send(new GetBucketVersioningCommand({ Bucket }));
    const encryption = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    const ownership = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
    const access = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));

    expect(versioning.Status).toBe('Enabled');
    expect(
      encryption.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault,
    ).toMatchObject({
      SSEAlgorithm: 'AES256',
    });
    expect(ownership.OwnershipControls?.Rules).toEqual([
      { ObjectOwnership: 'BucketOwnerEnforced' },
    ]);
    expect(access.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
  });

  test('the bucket takes uploads from the configured pages and the console, and forgets what is stale', async () => {
    const { s3 } = deployed();
    const Bucket = deployed().output('BucketName');

    const cors = await s3.send(new GetBucketCorsCommand({ Bucket }));
    const lifecycle = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));

    expect(cors.CORSRules).toMatchObject([
      {
        AllowedOrigins: [CORS_ORIGIN, 'https://*.cloudfront.net'],
        AllowedMethods: ['PUT', 'GET', 'HEAD'],
      },
    ]);
    expect(lifecycle.Rules).toMatchObject([
      { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 8 } },
      { Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 30 } },
    ]);
  });

  test('the policy of the bucket refuses plain HTTP, overwriting, and what was yanked', async () => {
    const Bucket = deployed().output('BucketName');

    const { Policy = '' } = await deployed().s3.send(new GetBucketPolicyCommand({ Bucket }));
    const { Statement }: { Statement: readonly { Effect: string; Condition?: object }[] } =
      JSON.parse(Policy);

    const refusals = Statement.filter(({ Effect }) => Effect === 'Deny').map(({ Condition }) =>
      JSON.stringify(Condition),
    );
    expect(refusals).toEqual(
      expect.arrayContaining([
        expect.stringContaining('aws:SecureTransport'),
        expect.stringContaining('s3:if-none-match'),
        expect.stringContaining('s3:ExistingObjectTag/stowage-yanked'),
      ]),
    );
  });

  test('the table has the keys and indexes that its driver asks for', async () => {
    const { dynamo } = deployed();
    const TableName = deployed().output('TableName');
    const wanted = tableDefinition(TableName);

    const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }));
    const { TimeToLiveDescription } = await dynamo.send(
      new DescribeTimeToLiveCommand({ TableName }),
    );

    expect(Table?.KeySchema).toEqual(wanted.KeySchema);
    expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
    const keysOf = (
      indexes: readonly {
        IndexName?: string | undefined;
        KeySchema?: readonly object[] | undefined;
      }[] = [],
    ) => Object.fromEntries(indexes.map(({ IndexName, KeySchema }) => [IndexName, KeySchema]));
    expect(keysOf(Table?.GlobalSecondaryIndexes)).toEqual(keysOf(wanted.GlobalSecondaryIndexes));
    expect(TimeToLiveDescription).toEqual({
      AttributeName: 'expiresAtSeconds',
      TimeToLiveStatus: 'ENABLED',
    });
  });

  test('the API has every route of the service, and one for all that is unknown', async () => {
    const wanted = Object.values<Route>(ROUTES).flatMap(({ methods, path }) =>
      methods.map((one) => `${one} ${path}`),
    );

    const routes = await pages<{ routeKey: string; target: string }>(deployed(), 'routes');

    expect(routes.map(({ routeKey }) => routeKey).sort()).toEqual([...wanted, '$default'].sort());
    expect(routes.filter(({ target }) => !target.startsWith('integrations/'))).toEqual([]);
  });

  test('the stage of the API has settings for stable links, all of which are there, and logs no query', async () => {
    const [stage] = await pages<{
      routeSettings: Readonly<Record<string, unknown>>;
      accessLogSettings: { format: string };
    }>(deployed(), 'stages');
    const routes = await pages<{ routeKey: string }>(deployed(), 'routes');
    const throttled = Object.keys(stage?.routeSettings ?? {});

    expect(throttled).toHaveLength(6);
    expect(routes.map(({ routeKey }) => routeKey)).toEqual(expect.arrayContaining(throttled));
    expect(stage?.accessLogSettings.format).toMatch(/\$context\.requestId/);
    expect(stage?.accessLogSettings.format).not.toMatch(/querystring|authorization|referer/i);
  });

  test('every function runs on Node.js 24 and arm64, with a role and a log group of its own', async () => {
    const functions = deployed().ofType('AWS::Lambda::Function');

    const settings = await Promise.all(
      functions.map(({ physicalId }) =>
        askAws<{
          Runtime: string;
          Architectures: readonly string[];
          Role: string;
          LoggingConfig: { LogGroup: string };
        }>(deployed().account, {
          service: 'lambda',
          method: 'GET',
          path: `/2015-03-31/functions/${physicalId}/configuration`,
        }),
      ),
    );

    expect(new Set(settings.map(({ Runtime }) => Runtime))).toEqual(new Set(['nodejs24.x']));
    expect(new Set(settings.flatMap(({ Architectures }) => Architectures))).toEqual(
      new Set(['arm64']),
    );
    expect(new Set(settings.map(({ Role }) => Role)).size).toBe(functions.length);
    expect(new Set(settings.map(({ LoggingConfig }) => LoggingConfig.LogGroup)).size).toBe(
      functions.length,
    );
  });
}

/** Of a list of the API: its routes, its stages. */
export async function pages<Item>(stack: DeployedStack, what: string): Promise<readonly Item[]> {
  const [api] = stack.ofType('AWS::ApiGatewayV2::Api');
  const found: Item[] = [];
  let query = {};
  for (;;) {
    const path = `/v2/apis/${api?.physicalId}/${what}`;
    const page = await askAws<{ items: readonly Item[]; nextToken?: string }>(stack.account, {
      service: 'apigateway',
      method: 'GET',
      path,
      query,
    });
    found.push(...page.items);
    if (page.nextToken === undefined) return found;
    query = { nextToken: page.nextToken };
  }
}
