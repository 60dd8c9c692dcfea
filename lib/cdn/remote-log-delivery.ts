/**
 * The delivery of CloudFront's logs for a stack in another region: it is made by API calls to the
 * one region that accepts them.
 */
import { Aws, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  AwsCustomResource,
  AwsCustomResourcePolicy,
  type AwsSdkCall,
  PhysicalResourceId,
  PhysicalResourceIdReference,
} from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { LOG_PATH, type LogDelivery } from './log-delivery.ts';

export interface RemoteLogDeliveryProps extends LogDelivery {
  readonly region: string;
}

export class RemoteLogDelivery extends Construct {
  readonly #props: RemoteLogDeliveryProps;
  readonly #logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: RemoteLogDeliveryProps) {
    super(scope, id);
    this.#props = props;
    this.#logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const { name, fields } = props;
    const source = this.#resource('Source', {
      put: this.#call(
        'PutDeliverySource',
        { name, logType: 'ACCESS_LOGS', resourceArn: props.resourceArn },
        name,
      ),
      remove: this.#call('DeleteDeliverySource', { name }),
    });
    const destination = this.#resource('Destination', {
      put: this.#call(
        'PutDeliveryDestination',
        {
          name,
          outputFormat: 'json',
          deliveryDestinationConfiguration: { destinationResourceArn: props.bucketArn },
        },
        name,
      ),
      remove: this.#call('DeleteDeliveryDestination', { name }),
    });
    const form = { recordFields: fields, s3DeliveryConfiguration: { suffixPath: LOG_PATH } };
    const delivery = this.#resource('Delivery', {
      put: {
        ...this.#call('CreateDelivery', {
          deliverySourceName: name,
          deliveryDestinationArn: this.#arn('delivery-destination', name),
          ...form,
        }),
        physicalResourceId: PhysicalResourceId.fromResponse('delivery.id'),
      },
      change: this.#call('UpdateDeliveryConfiguration', {
        id: new PhysicalResourceIdReference(),
        ...form,
      }),
      remove: this.#call('DeleteDelivery', { id: new PhysicalResourceIdReference() }),
    });
    delivery.node.addDependency(source, destination);
    this.#acknowledge();
  }

  #resource(
    id: string,
    calls: { put: AwsSdkCall; change?: AwsSdkCall; remove: AwsSdkCall },
  ): AwsCustomResource {
    return new AwsCustomResource(this, id, {
      resourceType: `Custom::CdnLog${id}`,
      onCreate: calls.put,
      onUpdate: calls.change ?? calls.put,
      onDelete: { ...calls.remove, ignoreErrorCodesMatching: 'ResourceNotFoundException' },
      // The SDK that Lambda provides knows these calls, so none is installed at deploy time.
      installLatestAwsSdk: false,
      timeout: Duration.minutes(2),
      logGroup: this.#logGroup,
      policy: AwsCustomResourcePolicy.fromStatements(this.#permissions()),
    });
  }

  #call(action: string, parameters: Record<string, unknown>, physicalId?: string): AwsSdkCall {
    return {
      service: 'CloudWatchLogs',
      action,
      parameters,
      region: this.#props.region,
      ...(physicalId === undefined
        ? {}
        : { physicalResourceId: PhysicalResourceId.of(physicalId) }),
    };
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-vended-logs-permissions-V2.html */
  #permissions(): PolicyStatement[] {
    const { resourceArn, bucketArn } = this.#props;
    return [
      this.#deliveries(),
      // AWS asks for this permission on the distribution when a source is put.
      new PolicyStatement({
        actions: ['cloudfront:AllowVendedLogDeliveryForResource'],
        resources: [resourceArn],
      }),
      // AWS checks whether the bucket's policy lets the log service in. It does, so the right to
      // change that policy is not needed.
      new PolicyStatement({ actions: ['s3:GetBucketPolicy'], resources: [bucketArn] }),
    ];
  }

  #deliveries(): PolicyStatement {
    return new PolicyStatement({
      actions: [
        'logs:PutDeliverySource',
        'logs:DeleteDeliverySource',
        'logs:PutDeliveryDestination',
        'logs:DeleteDeliveryDestination',
        'logs:CreateDelivery',
        'logs:UpdateDeliveryConfiguration',
        'logs:DeleteDelivery',
      ],
      resources: [
        this.#arn('delivery-source', this.#props.name),
        this.#arn('delivery-destination', this.#props.name),
        this.#arn('delivery', '*'),
      ],
    });
  }

  #acknowledge(): void {
    Validations.of(this).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:${this.#props.region}:<AWS::AccountId>:delivery:*]`,
      reason:
        'AWS chooses the id of a delivery when it is created; its source and destination are named.',
    });
    // CDK makes one function for all such resources of a stack, at the top of the stack and not
    // below this construct.
    const maker = Stack.of(this).node.tryFindChild(
      `AWS${AwsCustomResource.PROVIDER_FUNCTION_UUID.replaceAll('-', '')}`,
    );
    if (maker === undefined) return;
    Validations.of(maker).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      reason:
        'CDK gives this policy to the role of its own function. It only allows writing logs, and the function runs at deploy time only.',
    });
  }

  #arn(kind: string, name: string): string {
    return `arn:${Aws.PARTITION}:logs:${this.#props.region}:${Aws.ACCOUNT_ID}:${kind}:${name}`;
  }
}
