/**
 * The parts of the service, made below one construct, and the rights that they have among each
 * other.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Privilege } from '../api/routes.ts';
import { PackageApi } from './api/package-api.ts';
import { SignedDownloads } from './cdn/signed-downloads.ts';
import { ConsoleFiles } from './console/console-files.ts';
import { apiOrigins, bucketOrigins, hasConsole } from './console/console-origins.ts';
import { Announcements } from './events/announcements.ts';
import { passLimits, passSecurityContact } from './functions/pass-settings.ts';
import { ServiceFunction } from './functions/service-function.ts';
import { apiDomain, cdnDomain } from './own-domains.ts';
import type { StageSettings } from './stage/stage-settings.ts';
import { statePolicy } from './stage/state-policy.ts';
import { CatalogTable } from './state/catalog-table.ts';
import { CursorKey } from './state/cursor-key.ts';
import { PackageBucket } from './state/package-bucket.ts';
import type { StowageProps } from './stowage-props.ts';
import { Upkeep } from './upkeep/upkeep.ts';

export interface ServiceParts {
  readonly bucket: PackageBucket;
  readonly table: CatalogTable;
  readonly cursorKey: CursorKey;
  readonly functions: Readonly<Record<Privilege, ServiceFunction>>;
  readonly upkeep: Upkeep;
  /** Undefined where links point to the bucket itself. */
  readonly downloads: SignedDownloads | undefined;
  readonly api: PackageApi;
  /** Undefined where there is no distribution, or no console is wanted. */
  readonly console: ConsoleFiles | undefined;
  /** Undefined where nothing is announced. */
  readonly announcements: Announcements | undefined;
}

/** @param replica copy of the bucket in a second region */
export function makeParts(
  scope: Construct,
  stage: StageSettings,
  props: StowageProps,
  replica: IBucket | undefined,
): ServiceParts {
  const isConsole = hasConsole(scope, stage);
  const bucket = makeBucket(scope, stage, props, replica, isConsole);
  const table = new CatalogTable(scope, 'Catalog', {
    deletionProtection: stage.deletionProtection,
    // A failed first deployment can not delete a protected table, so its rollback would not end.
    hasStream: stage.events,
    removalPolicy: stage.deletionProtection ? RemovalPolicy.RETAIN : statePolicy(stage),
    ...(props.table === undefined ? {} : { table: props.table }),
  });
  const cursorKey = new CursorKey(scope, 'CursorKey');
  const functions = makeFunctions(scope, stage);
  const downloads =
    stage.downloads === 'cdn' ? makeDownloads(scope, stage, bucket, props, replica) : undefined;
  const consoleHost = isConsole ? downloads?.cdn.domainName : undefined;
  const api = makeApi(scope, stage, props, functions, apiOrigins(stage, consoleHost));
  const parts = {
    bucket,
    table,
    cursorKey,
    functions,
    upkeep: new Upkeep(scope, 'Upkeep', { stage, bucket, table }),
    downloads,
    api,
    console: isConsole
      ? new ConsoleFiles(scope, 'Console', { stage, bucket, apiUrl: api.url })
      : undefined,
    announcements: stage.events
      ? new Announcements(scope, 'Announcements', { stage, table })
      : undefined,
  };
  grantAll(parts);
  passSettings(parts, stage);
  return parts;
}

function makeBucket(
  scope: Construct,
  stage: StageSettings,
  { bucket, encryptionKey, cdnDomain: domain }: StowageProps,
  replica: IBucket | undefined,
  isConsole: boolean,
): PackageBucket {
  const { oldVersionDays, uploadRetentionSeconds, replicaStorageClass } = stage;
  return new PackageBucket(scope, 'Packages', {
    corsOrigins: isConsole ? bucketOrigins(stage, domain?.name) : stage.corsOrigins,
    oldVersionDays,
    // A day later than the sweep, so that S3 never aborts an upload that is still alive.
    staleUploadDays: Math.ceil(uploadRetentionSeconds / 86_400) + 1,
    removalPolicy: statePolicy(stage),
    ...(bucket === undefined ? {} : { bucket }),
    ...(replica === undefined ? {} : { replica }),
    ...(replicaStorageClass === undefined ? {} : { replicaStorageClass }),
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
  });
}

function makeFunctions(scope: Construct, stage: StageSettings): ServiceParts['functions'] {
  const make = (id: string, entry: string, description: string) =>
    new ServiceFunction(scope, id, { stage, entry, description });
  return {
    publish: make('Publish', 'publish', 'Signs uploads and finishes them'),
    download: make('Download', `download-${stage.downloads}`, 'Signs downloads'),
    catalog: make('CatalogReader', 'catalog', 'Reads records'),
    release: make('Release', 'release', 'Checks versions, moves channels, seals versions'),
    exchange: make('Exchange', 'exchange', 'Exchanges tokens of CI jobs'),
    admin: make('Admin', 'admin', 'Yanks, deletes, removes channels, makes tokens'),
  };
}

function makeDownloads(
  scope: Construct,
  stage: StageSettings,
  { bucket }: PackageBucket,
  props: StowageProps,
  replica: IBucket | undefined,
): SignedDownloads {
  const domain = cdnDomain(scope, props.cdnDomain);
  return new SignedDownloads(scope, 'Downloads', {
    stage,
    bucket,
    ...(domain === undefined ? {} : { domain }),
    ...(replica === undefined ? {} : { replica }),
    ...(props.apiDomain === undefined ? {} : { apiHost: props.apiDomain.name }),
  });
}

function makeApi(
  scope: Construct,
  { throttles, logRetentionDays }: StageSettings,
  props: StowageProps,
  functions: ServiceParts['functions'],
  corsOrigins: readonly string[],
): PackageApi {
  const domain = apiDomain(scope, props.apiDomain);
  return new PackageApi(scope, 'Api', {
    functions,
    throttles,
    corsOrigins,
    logRetention: logRetentionDays,
    ...(domain === undefined ? {} : { domain }),
  });
}

/** The rights of each privilege; `Upkeep` grants those of its own functions. */
function grantAll(parts: ServiceParts): void {
  const { bucket, table, cursorKey, downloads, upkeep } = parts;
  const { publish, download, catalog, release, exchange, admin } = parts.functions;
  for (const fn of Object.values(parts.functions)) table.grantRead(fn);

  bucket.grantSignUploads(publish);
  bucket.grantDiscard(publish);
  table.grantWrite(publish, ['packages', 'names', 'digests', 'versions', 'links']);
  table.grantList(publish);
  cursorKey.grantRead(publish);
  // What is under way bounds what may be announced.
  table.grantReadUnfinished(publish);
  upkeep.verification.grantEnqueue(publish);

  table.grantQuery(download);
  table.grantCountDownloads(download);
  if (downloads === undefined) bucket.grantSignDownloads(download);
  else {
    downloads.grantSign(download);
    bucket.grantPlaceCanary(downloads.rotation.rotate);
  }

  table.grantList(catalog);
  cursorKey.grantRead(catalog);

  table.grantList(release);
  table.grantWrite(release, ['packages', 'names', 'versions', 'channels', 'checks']);
  // It reads what it checks, and the feeds of a version that is rolled out; a seal may give up what is under way.
  bucket.grantGiveUp(release);
  upkeep.verification.grantEnqueue(release);
  cursorKey.grantRead(release);

  table.grantExchange(exchange);

  bucket.grantRemove(admin);
  bucket.grantRecall(admin);
  table.grantList(admin);
  table.grantWrite(admin, ['packages', 'channels', 'tokens', 'tokenIds', 'trust']);
  cursorKey.grantRead(admin);

  for (const fn of [admin, upkeep.sweep]) downloads?.cdn.grantInvalidate(fn);
}

function passSettings(parts: ServiceParts, stage: StageSettings): void {
  const { api, functions, upkeep, announcements } = parts;
  const own = Object.values(functions);
  for (const fn of own) api.passUrl(fn);
  for (const fn of [...own, ...upkeep.functions]) passLimits(fn, stage);
  if (announcements !== undefined) api.passUrl(announcements.announce);
  passSecurityContact(functions.catalog, stage);
}
