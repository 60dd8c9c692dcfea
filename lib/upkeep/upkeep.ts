/** Background work: finishes uploads when their bytes arrive, verifies, and sweeps up leftovers. */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ServiceFunction } from '../functions/service-function.ts';
import type { StageSettings } from '../stage/stage-settings.ts';
import type { CatalogTable } from '../state/catalog-table.ts';
import type { PackageBucket } from '../state/package-bucket.ts';
import { DeadLetters } from './dead-letters.ts';
import { reliably } from './reliably.ts';
import { Verification } from './verification.ts';

export interface UpkeepProps {
  readonly stage: StageSettings;
  readonly bucket: PackageBucket;
  readonly table: CatalogTable;
  /** How often the sweep runs. @default every 15 minutes */
  readonly sweepEvery?: Duration;
}

export class Upkeep extends Construct {
  readonly objectCreated: ServiceFunction;
  readonly sweep: ServiceFunction;
  readonly verification: Verification;
  /** Those of events and schedules; the verification has its own. */
  readonly deadLetters: DeadLetters;
  readonly sweepEvery: Duration;

  constructor(scope: Construct, id: string, props: UpkeepProps) {
    super(scope, id);
    const { stage, bucket, table } = props;
    this.sweepEvery = props.sweepEvery ?? Duration.minutes(15);
    this.deadLetters = new DeadLetters(this, 'DeadLetters');
    this.verification = new Verification(this, 'Verification', { stage });
    this.objectCreated = this.#finishArrivals(stage, bucket);
    this.sweep = this.#sweep(stage);
    for (const fn of [this.objectCreated, this.sweep, this.verification.verify]) {
      table.grantRead(fn);
      table.grantWrite(fn, ['packages', 'names']);
      table.grantEndSeals(fn);
    }
    // It also runs checks, which look through the files of versions.
    table.grantQuery(this.verification.verify);
    table.grantWrite(this.verification.verify, ['checks']);
    // A proof reads the bytes; wrong bytes, and those that a dead attempt left, are removed. The
    // sweep also finishes deletes, and those may be of yanked packages.
    for (const fn of [this.objectCreated, this.verification.verify]) bucket.grantDiscard(fn);
    bucket.grantRemove(this.sweep);
    // S3 asks for the same right to join parts as to upload.
    bucket.grantSignUploads(this.verification.verify);
    bucket.grantAbandonUploads(this.sweep);
    table.grantReadUnfinished(this.sweep);
    table.grantCloseAuditDays(this.sweep);
    for (const fn of [this.objectCreated, this.sweep]) this.verification.grantEnqueue(fn);
  }

  /** Every function of this construct. */
  get functions(): readonly LambdaFunction[] {
    return [this.objectCreated, this.sweep, this.verification.verify];
  }

  #finishArrivals(stage: StageSettings, { bucket }: PackageBucket): ServiceFunction {
    const fn = new ServiceFunction(this, 'ObjectCreated', {
      stage,
      entry: 'object-created',
      description:
        'Finishes an upload when its bytes have arrived, whether or not its publisher says so',
      timeout: Duration.minutes(1),
    });
    new Rule(this, 'Arrivals', {
      description: 'An object was created in the bucket of packages',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [bucket.bucketName] },
          object: { key: [{ prefix: 'packages/' }] },
        },
      },
      targets: [reliably(fn, this.deadLetters, { maxEventAge: Duration.hours(6) })],
    });
    return fn;
  }

  #sweep(stage: StageSettings): ServiceFunction {
    const fn = new ServiceFunction(this, 'Sweep', {
      stage,
      entry: 'sweep',
      description: 'Finishes or removes what lost clients, killed functions and faults left behind',
      memoryMegabytes: 1024,
      timeout: Duration.minutes(15),
    });
    new Rule(this, 'SweepSchedule', {
      description: 'Runs the sweep',
      schedule: Schedule.rate(this.sweepEvery),
      // After one interval the next run does the work.
      targets: [reliably(fn, this.deadLetters, { maxEventAge: this.sweepEvery })],
    });
    return fn;
  }
}
