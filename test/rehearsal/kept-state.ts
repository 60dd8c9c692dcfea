/** What there is in an account that keeps state, whichever stack it is of: what a deployment may leave behind, or may not. */
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { dynamoClient } from '../../storage/dynamo/dynamo-client.ts';
import type { AwsAccount } from '../support/deployed/aws-call.ts';
import { configOf } from '../support/deployed/deployed-stack.ts';

/** The CDK's own, of `cdk bootstrap`. */
const BOOTSTRAP = /^cdk-/;

/** Names of buckets, tables and secrets. */
export async function keptState(account: AwsAccount): Promise<readonly string[]> {
  const config = configOf(account);
  const s3 = new S3Client(config);
  const dynamo = dynamoClient(config);
  const secrets = new SecretsManagerClient(config);
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const { TableNames = [] } = await dynamo.send(new ListTablesCommand({}));
  const { SecretList = [] } = await secrets.send(new ListSecretsCommand({}));
  for (const client of [s3, dynamo, secrets]) client.destroy();
  const names = [
    ...Buckets.map(({ Name }) => Name),
    ...TableNames,
    ...SecretList.map(({ Name }) => Name),
  ];
  return names.filter((name) => name !== undefined && !BOOTSTRAP.test(name)) as string[];
}
