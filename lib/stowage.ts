/**
 * The whole service as one construct, for any stack: state, functions and their rights, the API
 * and the CDN in front of them, upkeep and alarms.
 */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type EventBus, type OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Privilege } from '../api/routes.ts';
import { CONSOLE_FOLDER, EVENTS } from '../core/layout.ts';
import { METRICS, type MetricName } from '../lambda/metrics/metric-names.ts';
import { addRecords } from './own-domains.ts';
import { CarriedDeletes } from './replica/carried-deletes.ts';
import { makeParts, type ServiceParts } from './service-parts.ts';
import type { StageSettings } from './stage/stage-settings.ts';
import type { AnyBucket } from './state/given-bucket.ts';
import type { AnyTable } from './state/given-table.ts';
import type { StowageProps } from './stowage-props.ts';
import { settingsOf } from './stowage-settings.ts';
import { businessMetrics } from './watch/business-metrics.ts';
import { Watch } from './watch/watch.ts';
import { FIVE_MINUTES } from './watch/watched.ts';

export type { OwnDomain, ReplicaPlace, StowageProps } from './stowage-props.ts';

export class Stowage extends Construct {
  /** Holds the files of packages. */
  readonly bucket: AnyBucket;
  /** Holds the records. */
  readonly table: AnyTable;
  /** Undefined where links point to the bucket itself. */
  readonly distribution: Distribution | undefined;
  /** Gets what is published, yanked, deleted and moved. Undefined without `events`. */
  readonly eventBus: EventBus | undefined;
  readonly api: HttpApi;
  /** The address of the service, without a slash at its end. */
  readonly url: string;
  /** One function for each privilege: `publish`, `download`, `catalog`, `release`, `exchange`, `admin`. */
  readonly functions: Readonly<Record<Privilege, LambdaFunction>>;
  /** Gets the alarms. */
  readonly alarmTopic: ITopic;
  readonly #parts: ServiceParts;
  /** The value of METRICS_SERVICE. */
  readonly #service: string;

  /** @throws Error that lists every property that is wrong: what was got, what is allowed */
  constructor(scope: Construct, id: string, props: StowageProps = {}) {
    super(scope, id);
    const stage = settingsOf(this, props);
    const { replica: place } = props;
    // S3 accepts a replication rule only for a bucket that exists.
    if (Construct.isConstruct(place)) this.node.addDependency(place);
    const replica =
      place &&
      Bucket.fromBucketAttributes(this, 'Replica', {
        bucketName: place.bucketName,
        region: place.region,
      });
    const parts = makeParts(this, stage, props, replica);
    const deletes =
      place &&
      new CarriedDeletes(this, 'CarriedDeletes', { stage, bucket: parts.bucket, replica: place });
    this.#parts = parts;
    this.#service = this.#pathInStack().join('/');
    this.bucket = parts.bucket.bucket;
    this.table = parts.table.table;
    this.distribution = parts.downloads?.cdn.distribution;
    this.eventBus = parts.announcements?.bus;
    this.api = parts.api.api;
    this.url = parts.api.url;
    this.functions = parts.functions;
    this.alarmTopic = this.#watch(stage, props, deletes);
    addRecords(this, props, parts);
    this.#addOutputs();
  }

  /**
   * Lets `grantee` read and list files in the bucket itself: for a scanner, say, or a copy of your
   * own. It does not ask the service, so it also sees files that are not verified yet; yanked
   * files stay refused. Clients read through the API, with a token.
   */
  grantRead(grantee: IGrantable): void {
    this.#parts.bucket.grantRead(grantee);
  }

  /**
   * Lets `grantee` make tokens, as `stowage token create --stack` does. No policy can limit the
   * scopes of a token, so this is the right to administer the service.
   */
  grantCreateTokens(grantee: IGrantable): void {
    this.#parts.table.grantCreateTokens(grantee);
  }

  /**
   * A rule for packages that readers can download from now on: verified, and not part of a draft.
   * The same package may be announced more than once. docs/events.md has the form of all events.
   * @throws Error without `events`
   */
  onPackageAvailable(id: string, options: OnEventOptions = {}): Rule {
    return this.#on(EVENTS.type.packageAvailable, id, options);
  }

  /** A rule for packages whose downloads were stopped. @throws Error without `events` */
  onPackageYanked(id: string, options: OnEventOptions = {}): Rule {
    return this.#on(EVENTS.type.packageYanked, id, options);
  }

  /** A rule for yanks that were undone. @throws Error without `events` */
  onPackageRestored(id: string, options: OnEventOptions = {}): Rule {
    return this.#on(EVENTS.type.packageRestored, id, options);
  }

  /** A rule for packages whose bytes are gone for good. @throws Error without `events` */
  onPackageDeleted(id: string, options: OnEventOptions = {}): Rule {
    return this.#on(EVENTS.type.packageDeleted, id, options);
  }

  /** A rule for channels that point at another version now. @throws Error without `events` */
  onChannelMoved(id: string, options: OnEventOptions = {}): Rule {
    return this.#on(EVENTS.type.channelMoved, id, options);
  }

  /** One of the service's own metrics. @default the sum of five minutes */
  metric(name: MetricName, options: MetricOptions = {}): Metric {
    const { statistic = Stats.SUM, period = FIVE_MINUTES, ...rest } = options;
    return businessMetrics(this.#service).metric(name, statistic, period).with(rest);
  }

  /** Packages that became available. */
  metricUploads(options?: MetricOptions): Metric {
    return this.metric(METRICS.uploads, options);
  }

  /** Bytes of packages that became available. */
  metricUploadedBytes(options?: MetricOptions): Metric {
    return this.metric(METRICS.uploadedBytes, options);
  }

  /** Uploads that ended because of their bytes. */
  metricRejections(options?: MetricOptions): Metric {
    return this.metric(METRICS.rejections, options);
  }

  /** Download links that were signed. */
  metricLinks(options?: MetricOptions): Metric {
    return this.metric(METRICS.links, options);
  }

  #on(type: string, id: string, { target, crossStackScope, ...options }: OnEventOptions): Rule {
    const { eventBus } = this;
    if (eventBus === undefined) {
      throw new Error(
        `${this.node.path} has no events, so ${id} would never match: set events to true`,
      );
    }
    return new Rule(crossStackScope ?? this, id, {
      ...options,
      eventBus,
      eventPattern: { ...options.eventPattern, source: [EVENTS.source], detailType: [type] },
      ...(target === undefined ? {} : { targets: [target] }),
    });
  }

  #watch(
    stage: StageSettings,
    { alarmTopic }: StowageProps,
    deletes: CarriedDeletes | undefined,
  ): ITopic {
    const { api, bucket, table, upkeep, downloads, functions, announcements } = this.#parts;
    const { alarmEmail } = stage;
    const watch = new Watch(this, 'Watch', {
      stage,
      service: this.#service,
      api,
      bucket,
      table,
      upkeep,
      functions: [...Object.values(functions), ...(deletes === undefined ? [] : [deletes.carry])],
      deadLetters: [deletes, announcements].flatMap((part) => part?.deadLetters.queue ?? []),
      ...(downloads === undefined ? {} : { cdn: downloads.cdn, rotation: downloads.rotation }),
      ...(alarmEmail === undefined ? {} : { email: alarmEmail }),
      ...(alarmTopic === undefined ? {} : { topic: alarmTopic }),
    });
    return watch.topic;
  }

  /** Read by `stowage --stack` and by people. */
  #addOutputs(): void {
    const { api, downloads, announcements, console } = this.#parts;
    const outputs = {
      ApiUrl: this.url,
      TableName: this.table.tableName,
      BucketName: this.bucket.bucketName,
      Region: Stack.of(this).region,
      ...(api.domainTarget === undefined ? {} : { ApiDomainTarget: api.domainTarget }),
      ...(api.domainZoneId === undefined ? {} : { ApiDomainZoneId: api.domainZoneId }),
      ...(announcements === undefined ? {} : { EventBusName: announcements.bus.eventBusName }),
      ...downloads?.outputs,
      ...(console === undefined || downloads === undefined
        ? {}
        : { ConsoleUrl: `https://${downloads.cdn.domainName}/${CONSOLE_FOLDER}/` }),
    };
    // Without CDK's hash, so that `--stack` finds them.
    const prefix = this.#pathInStack()
      .slice(1)
      .join('')
      .replace(/[^A-Za-z0-9]/g, '');
    for (const [name, value] of Object.entries(outputs))
      new CfnOutput(this, name, { value }).overrideLogicalId(`${prefix}${name}`);
  }

  /** The name of the stack, then the ids down to this construct but `Default`. */
  #pathInStack(): readonly string[] {
    const stack = Stack.of(this);
    const scopes = this.node.scopes.slice(stack.node.scopes.length);
    const ids = scopes.map(({ node }) => node.id).filter((id) => id !== 'Default');
    return [stack.stackName, ...ids];
  }
}
