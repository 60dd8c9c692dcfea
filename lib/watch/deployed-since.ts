/**
 * Since when the stage has been deployed. An alarm for which silence is a bad sign needs it: before
 * the first run everything is silent (decision 36).
 */
import { CustomResource, Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { ServiceFunction } from '../functions/service-function.ts';
import type { StageSettings } from '../stage/stage-settings.ts';

export interface SilenceRule {
  /** What the alarm compares, once there can be metrics: an expression over `metrics`. */
  readonly expression: string;
  /** Its value in periods that began before there can have been metrics. */
  readonly before: number;
  readonly metrics: Readonly<Record<string, IMetric>>;
  readonly period: Duration;
  readonly label: string;
}

export class DeployedSince extends Construct {
  /** Seconds since 1970, which CloudFormation knows only while it deploys. */
  readonly #epochSeconds: string;

  constructor(scope: Construct, id: string, { stage }: { readonly stage: StageSettings }) {
    super(scope, id);
    const answer = new ServiceFunction(this, 'Answer', {
      stage,
      entry: 'deployed-since',
      description: 'Says to CloudFormation since when the stage has been deployed',
      memoryMegabytes: 128,
    });
    const time = new CustomResource(this, 'Time', {
      resourceType: 'Custom::DeployedSince',
      serviceToken: answer.functionArn,
      serviceTimeout: Duration.minutes(5),
    });
    // Its permissions must be created before it and deleted after it.
    time.node.addDependency(answer);
    this.#epochSeconds = time.ref;
  }

  /** A metric whose silence counts from the first period that began after the first deployment. */
  heeding({ expression, before, metrics, period, label }: SilenceRule): MathExpression {
    const [any = ''] = Object.keys(metrics);
    return new MathExpression({
      expression: `IF(EPOCH(${any}) < ${this.#epochSeconds}, ${before}, ${expression})`,
      usingMetrics: { ...metrics },
      period,
      label,
    });
  }
}
