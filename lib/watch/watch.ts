/** Alerts people when the service needs them, and shows how it does: alarms, a topic, a dashboard. */
import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRICS } from '../../lambda/metrics/metric-names.ts';
import { ENV } from '../../open/settings/env.ts';
import type { PackageApi } from '../api/package-api.ts';
import type { CdnKeyRotation } from '../cdn/cdn-key-rotation.ts';
import type { DownloadCdn } from '../cdn/download-cdn.ts';
import { LOG_DELIVERY_REGION as CDN_METRICS_REGION } from '../cdn/log-delivery.ts';
import type { ServiceFunction } from '../functions/service-function.ts';
import type { StageSettings } from '../stage/stage-settings.ts';
import type { CatalogTable } from '../state/catalog-table.ts';
import type { PackageBucket } from '../state/package-bucket.ts';
import type { Upkeep } from '../upkeep/upkeep.ts';
import { ALARMS, type AlarmId, sectionUrl } from './alarm-list.ts';
import { makeAlarmTopic } from './alarm-topic.ts';
import { apiAlarms } from './api-alarms.ts';
import { businessMetrics } from './business-metrics.ts';
import { makeDashboard } from './dashboard.ts';
import { DeployedSince } from './deployed-since.ts';
import { cdnAlarms, certificateAlarms, replicationAlarms } from './edge-alarms.ts';
import { FIVE_MINUTES, SILENCE, sum, type Watched, type WatchedAlarms } from './watched.ts';

export interface WatchProps {
  readonly stage: StageSettings;
  readonly api: PackageApi;
  /** All functions except those of `upkeep` and `rotation`, which are added. */
  readonly functions: readonly ServiceFunction[];
  readonly bucket: PackageBucket;
  readonly table: CatalogTable;
  readonly upkeep: Upkeep;
  /** @default no CDN */
  readonly cdn?: DownloadCdn;
  readonly rotation?: CdnKeyRotation;
  /** More queues of dead letters than those of `upkeep` and `rotation`. @default none */
  readonly deadLetters?: readonly Queue[];
  /** The address that gets alarms. @default none: alarms show in CloudWatch only */
  readonly email?: string;
  /** The topic that alarms publish to. @default one is made */
  readonly topic?: ITopic;
  /** The value of METRICS_SERVICE. */
  readonly service: string;
  /** Where people read docs/runbook.md. @default its path in the repository */
  readonly runbookUrl?: string;
}

export class Watch extends Construct {
  readonly topic: ITopic;
  readonly #runbookUrl: string;
  readonly #since: DeployedSince;

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    const { api, table, upkeep, cdn, rotation, email, service } = props;
    this.#runbookUrl = props.runbookUrl ?? 'docs/runbook.md';
    this.topic = props.topic ?? makeAlarmTopic(this, email);
    this.#since = new DeployedSince(this, 'DeployedSince', { stage: props.stage });
    const rotators = rotation === undefined ? [] : [rotation.rotate];
    const functions = [...props.functions, ...upkeep.functions, ...rotators];
    for (const fn of functions) fn.addEnvironment(ENV.metricsService, service);

    this.#alarms(apiAlarms(this, api));
    this.#watchThrottles(props.functions, [...upkeep.functions, ...rotators], table);
    this.#watchUpkeep(upkeep, [
      ...(props.deadLetters ?? []),
      ...(rotation ? [rotation.deadLetters.queue] : []),
    ]);
    this.#alarms(replicationAlarms(props.bucket));
    this.#watchFromOutside(props);
    if (rotation !== undefined) this.#watchRotation(rotation, service);
    makeDashboard(this, {
      api,
      functions,
      table,
      upkeep,
      service,
      ...(cdn === undefined ? {} : { cdn }),
    });
  }

  /** Two alarms, because one takes ten metrics at most. */
  #watchThrottles(
    functions: readonly ServiceFunction[],
    inBackground: readonly ServiceFunction[],
    { table }: CatalogTable,
  ): void {
    const throttlesOf = (some: readonly ServiceFunction[]) => ({
      metric: sum(
        some.map((fn) => fn.metricThrottles({ statistic: Stats.SUM, period: FIVE_MINUTES })),
      ),
      threshold: 0,
      periods: 2,
    });
    this.#alarm('FunctionThrottles', throttlesOf(functions));
    this.#alarm('UpkeepThrottles', throttlesOf(inBackground));
    const ofTable = (metricName: string) =>
      new Metric({
        namespace: 'AWS/DynamoDB',
        metricName,
        dimensionsMap: { TableName: table.tableName },
        statistic: Stats.SUM,
        period: FIVE_MINUTES,
      });
    this.#alarm('TableThrottles', {
      metric: sum([ofTable('ReadThrottleEvents'), ofTable('WriteThrottleEvents')]),
      threshold: 0,
      periods: 2,
    });
  }

  #watchUpkeep(
    { verification, deadLetters, sweep, sweepEvery }: Upkeep,
    others: readonly Queue[],
  ): void {
    const queues = [deadLetters.queue, verification.deadLetters.queue, ...others];
    this.#alarm('DeadLetters', {
      metric: sum(
        queues.map((queue) =>
          queue.metricApproximateNumberOfMessagesVisible({
            statistic: Stats.MAXIMUM,
            period: FIVE_MINUTES,
          }),
        ),
      ),
      threshold: 0,
    });
    // Four runs in a row.
    const period = Duration.minutes(Math.max(60, sweepEvery.toMinutes() * 4));
    const runs = sweep.metricInvocations({ statistic: Stats.SUM, period });
    const failures = sweep.metricErrors({ statistic: Stats.SUM, period });
    this.#alarm('SweepNotRun', {
      metric: this.#since.heeding({
        expression: 'FILL(runs, 0) - FILL(failures, 0)',
        before: 1,
        metrics: { runs, failures },
        period,
        label: 'Sweeps that succeeded',
      }),
      threshold: 1,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      silence: 'bad',
    });
    this.#alarm('VerificationBacklog', {
      metric: verification.queue.metricApproximateAgeOfOldestMessage({
        statistic: Stats.MAXIMUM,
        period: FIVE_MINUTES,
      }),
      // Seconds. A large package is sent on as a new message every quarter of an hour.
      threshold: 3_600,
      periods: 2,
    });
  }

  /** CloudFront has its metrics in one region, and an alarm can only read those of its own region. */
  #watchFromOutside({ stage, cdn }: WatchProps): void {
    const { apiCertificateArn, cdnCertificateArn } = stage;
    const seesCdn = Stack.of(this).region === CDN_METRICS_REGION;
    if (cdn !== undefined && seesCdn) this.#alarms(cdnAlarms(cdn));
    const arns = [apiCertificateArn, seesCdn ? cdnCertificateArn : undefined];
    this.#alarms(
      certificateAlarms(
        this,
        arns.filter((arn) => arn !== undefined),
      ),
    );
  }

  #watchRotation({ rotate }: CdnKeyRotation, service: string): void {
    this.#alarm('KeyRotationFailed', {
      metric: rotate.metricErrors({ statistic: Stats.SUM, period: Duration.hours(1) }),
      threshold: 0,
      periods: 2,
    });
    // The minimum of three runs: a failed run that the next one makes up for needs no alarm.
    const period = Duration.hours(3);
    const overdue = businessMetrics(service).metric(
      METRICS.keyStepOverdueSeconds,
      Stats.MINIMUM,
      period,
    );
    this.#alarm('KeyStepOverdue', {
      metric: this.#since.heeding({
        expression: 'FILL(overdue, 1)',
        before: 0,
        metrics: { overdue },
        period,
        label: 'Seconds by which a step is overdue',
      }),
      threshold: 0,
      silence: 'bad',
    });
  }

  #alarms(alarms: WatchedAlarms): void {
    for (const [id, watched] of Object.entries(alarms)) this.#alarm(id as AlarmId, watched);
  }

  #alarm(id: AlarmId, watched: Watched): void {
    const { title, advice } = ALARMS[id];
    const { metric, threshold, comparison, periods = 1, silence = 'good' } = watched;
    const alarm = new Alarm(this, id, {
      alarmDescription: `${title}. ${advice} ${sectionUrl(title, this.#runbookUrl)}`,
      metric,
      threshold,
      comparisonOperator: comparison ?? ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: SILENCE[silence],
    });
    const publish = new SnsAction(this.topic);
    alarm.addAlarmAction(publish);
    alarm.addOkAction(publish);
  }
}
