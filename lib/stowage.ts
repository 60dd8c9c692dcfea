/**
 * The whole service as one construct: state, functions and their rights, the API and the CDN in
 * front of them, upkeep and alarms.
 */
import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Privilege } from '../api/routes.ts';
import { PackageApi } from './api/package-api.ts';
import { SignedDownloads } from './cdn/signed-downloads.ts';
import { passLimits, passSecurityContact } from './functions/pass-settings.ts';
import { ServiceFunction } from './functions/service-function.ts';
import { CarriedDeletes } from './replica/carried-deletes.ts';
import type { StageSettings } from './stage/stage-settings.ts';
import { statePolicy } from './stage/state-policy.ts';
import { CatalogTable } from './state/catalog-table.ts';
import { CursorKey } from './state/cursor-key.ts';
import { PackageBucket } from './state/package-bucket.ts';
import { Upkeep } from './upkeep/upkeep.ts';
import { Watch } from './watch/watch.ts';

export interface StowageProps {
  readonly stage: StageSettings;
  /** Where every package is copied to (`ReplicaStack`). @default nowhere */
  readonly replica?: ReplicaPlace;
}

/** A bucket in a second region. */
interface ReplicaPlace {
  readonly bucketName: string;
  readonly region: string;
}

export class Stowage extends Construct {
  readonly bucket: PackageBucket;
  readonly table: CatalogTable;
  readonly cursorKey: CursorKey;
  readonly functions: Readonly<Record<Privilege, ServiceFunction>>;
  readonly upkeep: Upkeep;
  /** Undefined where links point to the bucket itself. */
  readonly downloads: SignedDownloads | undefined;
  readonly api: PackageApi;

  constructor(scope: Construct, id: string, { stage, replica: place }: StowageProps) {
    super(scope, id);
    const removalPolicy = statePolicy(stage);
    const replica = place && Bucket.fromBucketAttributes(this, 'Replica', place);
    this.bucket = this.#makeBucket(stage, removalPolicy, replica);
    this.table = new CatalogTable(this, 'Catalog', {
      deletionProtection: stage.deletionProtection,
      // A failed first deployment can not delete a protected table, so its rollback would not end.
      removalPolicy: stage.deletionProtection ? RemovalPolicy.RETAIN : removalPolicy,
    });
    this.cursorKey = new CursorKey(this, 'CursorKey');
    this.functions = this.#makeFunctions(stage);
    this.upkeep = new Upkeep(this, 'Upkeep', { stage, bucket: this.bucket, table: this.table });
    if (stage.downloads === 'cdn') {
      const { bucket } = this.bucket;
      this.downloads = new SignedDownloads(this, 'Downloads', {
        stage,
        bucket,
        ...(replica === undefined ? {} : { replica }),
      });
    }
    this.api = this.#makeApi(stage);
    this.#grant();
    this.#passSettings(stage);
    const deletes =
      place &&
      new CarriedDeletes(this, 'CarriedDeletes', { stage, bucket: this.bucket, replica: place });
    this.#watch(stage, deletes);
    this.#addOutputs();
  }

  #makeBucket(
    stage: StageSettings,
    removalPolicy: RemovalPolicy,
    replica?: IBucket,
  ): PackageBucket {
    const { bucketKeyArn, corsOrigins, oldVersionDays, uploadRetentionSeconds } = stage;
    const { replicaStorageClass } = stage;
    return new PackageBucket(this, 'Packages', {
      corsOrigins,
      oldVersionDays,
      // A day later than the sweep, so that S3 never aborts an upload that is still alive.
      staleUploadDays: Math.ceil(uploadRetentionSeconds / 86_400) + 1,
      removalPolicy,
      ...(replica === undefined ? {} : { replica }),
      ...(replicaStorageClass === undefined ? {} : { replicaStorageClass }),
      ...(bucketKeyArn === undefined
        ? {}
        : { encryptionKey: Key.fromKeyArn(this, 'BucketKey', bucketKeyArn) }),
    });
  }

  #makeFunctions(stage: StageSettings): Readonly<Record<Privilege, ServiceFunction>> {
    const make = (id: string, entry: string, description: string) =>
      new ServiceFunction(this, id, { stage, entry, description });
    return {
      publish: make('Publish', 'publish', 'Signs uploads and finishes them'),
      download: make('Download', `download-${stage.downloads}`, 'Signs downloads'),
      catalog: make('CatalogReader', 'catalog', 'Reads records'),
      admin: make('Admin', 'admin', 'Yanks, deletes, moves channels, makes tokens'),
    };
  }

  #makeApi(stage: StageSettings): PackageApi {
    const {
      apiDomainName: name,
      apiCertificateArn: certificateArn,
      throttles,
      corsOrigins,
      logRetentionDays,
    } = stage;
    return new PackageApi(this, 'Api', {
      functions: this.functions,
      throttles,
      corsOrigins,
      logRetention: logRetentionDays,
      ...(name === undefined || certificateArn === undefined
        ? {}
        : { domain: { name, certificateArn } }),
    });
  }

  /** The rights of each privilege; `Upkeep` grants those of its own functions. */
  #grant(): void {
    const { bucket, table, cursorKey, downloads } = this;
    const { publish, download, catalog, admin } = this.functions;
    for (const fn of Object.values(this.functions)) table.grantRead(fn);

    bucket.grantSignUploads(publish);
    bucket.grantDiscard(publish);
    table.grantWrite(publish, ['packages', 'names', 'versions', 'links']);
    table.grantList(publish);
    cursorKey.grantRead(publish);
    // What is under way bounds what may be announced.
    table.grantReadUnfinished(publish);
    this.upkeep.verification.grantEnqueue(publish);

    table.grantQuery(download);
    table.grantCountDownloads(download);
    if (downloads === undefined) bucket.grantSignDownloads(download);
    else {
      downloads.grantSign(download);
      bucket.grantPlaceCanary(downloads.rotation.rotate);
    }

    table.grantList(catalog);
    cursorKey.grantRead(catalog);

    bucket.grantRemove(admin);
    bucket.grantRecall(admin);
    table.grantList(admin);
    table.grantWrite(admin, ['packages', 'channels', 'tokens', 'tokenIds']);
    cursorKey.grantRead(admin);

    for (const fn of [admin, this.upkeep.sweep]) downloads?.cdn.grantInvalidate(fn);
  }

  #passSettings(stage: StageSettings): void {
    for (const fn of Object.values(this.functions)) this.api.passUrl(fn);
    for (const fn of [...Object.values(this.functions), ...this.upkeep.functions])
      passLimits(fn, stage);
    passSecurityContact(this.functions.catalog, stage);
  }

  #watch(stage: StageSettings, deletes: CarriedDeletes | undefined): void {
    const { api, bucket, table, upkeep, downloads } = this;
    const { alarmEmail } = stage;
    new Watch(this, 'Watch', {
      stage,
      api,
      bucket,
      table,
      upkeep,
      functions: [
        ...Object.values(this.functions),
        ...(deletes === undefined ? [] : [deletes.carry]),
      ],
      deadLetters: deletes === undefined ? [] : [deletes.deadLetters.queue],
      ...(downloads === undefined ? {} : { cdn: downloads.cdn, rotation: downloads.rotation }),
      ...(alarmEmail === undefined ? {} : { email: alarmEmail }),
    });
  }

  /** Read by `stowage --stack` and by people. */
  #addOutputs(): void {
    const outputs = {
      ApiUrl: this.api.url,
      TableName: this.table.table.tableName,
      BucketName: this.bucket.bucket.bucketName,
      Region: Stack.of(this).region,
      ...(this.api.domainTarget === undefined ? {} : { ApiDomainTarget: this.api.domainTarget }),
      ...(this.api.domainZoneId === undefined ? {} : { ApiDomainZoneId: this.api.domainZoneId }),
      ...this.downloads?.outputs,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
