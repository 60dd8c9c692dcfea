/**
 * The delivery of CloudFront's logs for a stack in another region: it is made by API calls to the
 * one region that accepts them.
 */
import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  AwsCustomResource,
  type AwsSdkCall,
  PhysicalResourceId,
  PhysicalResourceIdReference,
} from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { Validations } from '../findings/validations.ts';
import { LOG_PATH, type LogDelivery } from './log-delivery.ts';

const ANY_DISTRIBUTION = `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:distribution/*`;

export interface RemoteLogDeliveryProps extends LogDelivery {
  readonly region: string;
}

export class RemoteLogDelivery extends Construct {
  readonly #props: RemoteLogDeliveryProps;
  readonly #logGroup: LogGroup;
  readonly #role: Role;

  constructor(scope: Construct, id: string, props: RemoteLogDeliveryProps) {
    super(scope, id);
    this.#props = props;
    this.#logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#role = this.#makeRole();
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
    // The source names the distribution, so the first call comes minutes after the role was made.
    destination.node.addDependency(source);
    delivery.node.addDependency(destination);
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
      role: this.#role,
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

  /**
   * One role, whose rights are part of it and name no distribution, so that CloudFormation makes it
   * first. Policies that are attached later, or that name the distribution, are made seconds before
   * their first use, which IAM then refuses: it spreads a policy for up to a minute.
   */
  #makeRole(): Role {
    return new Role(this, 'Role', {
      description: 'Delivers the access logs of the CDN; used at deploy time only',
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { delivery: new PolicyDocument({ statements: this.#permissions() }) },
    });
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-vended-logs-permissions-V2.html */
  #permissions(): PolicyStatement[] {
    return [
      this.#deliveries(),
      // AWS asks for this permission on the distribution when a source is put.
      new PolicyStatement({
        actions: ['cloudfront:AllowVendedLogDeliveryForResource'],
        resources: [ANY_DISTRIBUTION],
      }),
      // AWS checks whether the bucket's policy lets the log service in. It does, so the right to
      // change that policy is not needed.
      new PolicyStatement({
        actions: ['s3:GetBucketPolicy'],
        resources: [this.#props.bucketArn],
      }),
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [this.#logGroup.logGroupArn],
      }),
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
    const role = Validations.of(this.#role);
    role.acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:${this.#props.region}:<AWS::AccountId>:delivery:*]`,
      reason:
        'AWS chooses the id of a delivery when it is created; its source and destination are named.',
    });
    role.acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudfront::<AWS::AccountId>:distribution/*]',
      reason:
        'A policy that names the distribution is made after it, seconds before its first use, which IAM would refuse. The right only lets logs of the distribution be delivered.',
    });
  }

  #arn(kind: string, name: string): string {
    return `arn:${Aws.PARTITION}:logs:${this.#props.region}:${Aws.ACCOUNT_ID}:${kind}:${name}`;
  }
}
