/** A stack that is deployed, in an account or in the emulator: its outputs, its resources, and clients for them. */
import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import { readStackOutputs } from '../../../storage/aws/stack-outputs.ts';
import { dynamoClient } from '../../../storage/dynamo/dynamo-client.ts';
import type { AwsAccount } from './aws-call.ts';
import { DeployedFunction } from './deployed-function.ts';

/** `name` of an output → its value. */
export type Outputs = Readonly<Record<string, string>>;

export interface DeployedResource {
  readonly type: string;
  /** As the template names it. */
  readonly logicalId: string;
  readonly physicalId: string;
}

export class DeployedStack {
  readonly account: AwsAccount;
  readonly outputs: Outputs;
  readonly resources: readonly DeployedResource[];
  readonly s3: S3Client;
  readonly cloudFront: CloudFrontClient;
  readonly secrets: SecretsManagerClient;
  readonly dynamo: ReturnType<typeof dynamoClient>;

  private constructor(
    account: AwsAccount,
    outputs: Outputs,
    resources: readonly DeployedResource[],
  ) {
    this.account = account;
    this.outputs = outputs;
    this.resources = resources;
    this.s3 = new S3Client({ ...configOf(account) });
    this.cloudFront = new CloudFrontClient(configOf(account));
    this.secrets = new SecretsManagerClient(configOf(account));
    this.dynamo = dynamoClient(configOf(account));
  }

  static async read(account: AwsAccount, name: string, outputs: Outputs): Promise<DeployedStack> {
    return new DeployedStack(account, outputs, await resourcesOf(account, name));
  }

  /** By its name. @throws ServiceError where there is no such stack */
  static async find(account: AwsAccount, name: string): Promise<DeployedStack> {
    return DeployedStack.read(account, name, await readStackOutputs(name, configOf(account)));
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
    return new DeployedFunction(this.account, one.physicalId);
  }

  close(): void {
    for (const client of [this.s3, this.cloudFront, this.secrets, this.dynamo]) client.destroy();
  }
}

export async function resourcesOf(
  account: AwsAccount,
  name: string,
): Promise<readonly DeployedResource[]> {
  const client = new CloudFormationClient(configOf(account));
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

/** Without what is absent: the SDK then finds it by itself. */
export function configOf({ region, endpoint, credentials }: AwsAccount) {
  return { region, ...withoutUndefined({ endpoint, credentials }) };
}
