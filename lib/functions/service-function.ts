/**
 * One function of the service: its bundle, its own role, its log group. Its rights, and the names
 * of what it may use, come from grants.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';
import { functionCode } from '../bundles/function-code.ts';
import { Validations } from '../findings/validations.ts';
import type { StageSettings } from '../stage/stage-settings.ts';

export interface ServiceFunctionProps {
  readonly stage: StageSettings;
  /** File in lambda/functions without its ending; it exports `handler`. */
  readonly entry: string;
  readonly description: string;
  /** Lambda assigns CPU in proportion to memory. @default 512 */
  readonly memoryMegabytes?: number;
  /** @default 29 seconds: API Gateway waits no longer */
  readonly timeout?: Duration;
  /**
   * Whether the function sends the rest of its work to itself. Otherwise Lambda takes that for a
   * mistake and stops it after about 16 times:
   * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html. @default false
   */
  readonly sendsItself?: boolean;
}

/** The functions of the path of a download, where each trace is paid for each request. */
const DOWNLOADS = /^download-/;

export class ServiceFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    const {
      stage,
      entry,
      description,
      memoryMegabytes = 512,
      timeout = Duration.seconds(29),
      sendsItself,
    } = props;
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: stage.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // The managed execution policy would let the function write into the log groups of all others.
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const reserved = stage.reservedConcurrency[entry];
    super(scope, id, {
      description,
      role,
      logGroup,
      timeout,
      code: functionCode(entry),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memoryMegabytes,
      tracing: isTraced(stage, entry) ? Tracing.ACTIVE : Tracing.DISABLED,
      // Lambda's own lines about each start and end: more bytes than the line of the request itself.
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: stage.logLevel === 'debug' ? SystemLogLevel.INFO : SystemLogLevel.WARN,
      // The functions choose by themselves (LOG_LEVEL), in numbers that Lambda does not know.
      applicationLogLevelV2: ApplicationLogLevel.TRACE,
      ...(sendsItself === true ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
      ...(reserved === undefined ? {} : { reservedConcurrentExecutions: reserved }),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    Validations.of(role).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason:
        'X-Ray has no resource for traces; a test lists every other right that names no resource.',
    });
    this.addEnvironment(ENV.logLevel, stage.logLevel);
  }
}

function isTraced({ tracing }: StageSettings, entry: string): boolean {
  return tracing === 'all' || (tracing === 'not-downloads' && !DOWNLOADS.test(entry));
}
