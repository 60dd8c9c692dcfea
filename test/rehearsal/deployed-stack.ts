/** A stack that is deployed in the emulator: its outputs, its resources, and clients for them. */
import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { dynamoClient } from '../../storage/dynamo/dynamo-client.ts';
import { type AwsEmulator, REGION } from '../support/servers/aws-emulator/aws-emulator.ts';
import type { Outputs } from './cdk.ts';
import { DeployedFunction } from './functions.ts';

export interface DeployedResource {
  readonly type: string;
  /** As the template names it. */
  readonly logicalId: string;
  readonly physicalId: string;
}

export class DeployedStack {
  readonly emulator: AwsEmulator;
  readonly outputs: Outputs;
  readonly resources: readonly DeployedResource[];
  readonly s3: S3Client;
  readonly cloudFront: CloudFrontClient;
  readonly secrets: SecretsManagerClient;
  readonly dynamo: ReturnType<typeof dynamoClient>;

  private constructor(
    emulator: AwsEmulator,
    outputs: Outputs,
    resources: readonly DeployedResource[],
  ) {
    this.emulator = emulator;
    this.outputs = outputs;
    this.resources = resources;
    const { endpoint, credentials } = emulator;
    const config = { endpoint, credentials, region: REGION };
    this.s3 = new S3Client({ ...config, forcePathStyle: true });
    this.cloudFront = new CloudFrontClient(config);
    this.secrets = new SecretsManagerClient(config);
    this.dynamo = dynamoClient(config);
  }

  static async read(emulator: AwsEmulator, name: string, outputs: Outputs): Promise<DeployedStack> {
    return new DeployedStack(emulator, outputs, await resourcesOf(emulator, name));
  }

  /** @throws where the stack has no such output */
  output(name: string): string {
    const value = this.outputs[name];
    if (value === undefined)
      throw new Error(`the stack has no output ${name}, but ${Object.keys(this.outputs)}`);
    return value;
  }

  ofType(type: string): readonly DeployedResource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** The function whose name in the template begins like this. @throws where there is not exactly one */
  function(prefix: string): DeployedFunction {
    const found = this.ofType('AWS::Lambda::Function').filter(({ logicalId }) =>
      new RegExp(`^${prefix}[0-9A-F]{8}$`).test(logicalId),
    );
    const [one, ...others] = found;
    if (one === undefined || others.length > 0) {
      const names = this.ofType('AWS::Lambda::Function').map(({ logicalId }) => logicalId);
      throw new Error(
        `expected one function ${prefix}, got ${found.length} of ${names.join(', ')}`,
      );
    }
    return new DeployedFunction(this.emulator, one.physicalId);
  }

  close(): void {
    for (const client of [this.s3, this.cloudFront, this.secrets, this.dynamo]) client.destroy();
  }
}

export async function resourcesOf(
  emulator: AwsEmulator,
  name: string,
): Promise<readonly DeployedResource[]> {
  const { endpoint, credentials } = emulator;
  const client = new CloudFormationClient({ endpoint, credentials, region: REGION });
  const found: DeployedResource[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListStackResourcesCommand({ StackName: name, NextToken }));
    for (const {
      ResourceType: type,
      LogicalResourceId: logicalId,
      PhysicalResourceId: physicalId,
    } of page.StackResourceSummaries ?? []) {
      if (type !== undefined && logicalId !== undefined)
        found.push({ type, logicalId, physicalId: physicalId ?? '' });
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  client.destroy();
  return found;
}
