/**
 * Runs the whole service as one process: takes the locks, opens the stores, cleans up after the
 * last run, answers requests, and stops in order.
 */
import { unlink } from 'node:fs/promises';
import { FailedTokens } from '../core/access/failed-tokens.ts';
import type { Settings } from '../core/settings.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { describeError } from '../service/host/describe-error.ts';
import type { Log } from '../service/host/log.ts';
import { ServiceLock } from '../storage/sqlite/service-lock.ts';
import { Background } from './background.ts';
import { CatalogUpkeep } from './catalog-upkeep.ts';
import { CheckWorker } from './check-worker.ts';
import { type Composition, compose, noteUses, type Parts } from './compose.ts';
import { createConsole } from './console/console.ts';
import { readConsoleFiles } from './console/console-files.ts';
import type { Listener } from './http/api-listener.ts';
import { outOfService } from './http/refuse-requests.ts';
import { LocalServer } from './http/server.ts';
import { listenerOf } from './listener.ts';
import { LockWatch } from './lock-watch.ts';
import { Metrics } from './metrics/metrics.ts';
import { MetricsServer } from './metrics/metrics-server.ts';
import { reportPressure } from './report-pressure.ts';
import { Scrubber } from './scrub/scrubber.ts';
import { lockCatalog } from './start/catalog-lock.ts';
import {
  adminTokenRecord,
  makeAdminToken,
  makeStorageFolder,
  type ServicePaths,
  servicePaths,
  urlSigningKey,
} from './start/first-start.ts';
import type { LogPlace } from './start/log-output.ts';
import { openServedCatalog, type ServedCatalog } from './start/open-catalog.ts';
import { writePrivateFile } from './start/private-file.ts';
import { FileSigner } from './start/release-keys.ts';
import { readSigstoreRoot } from './start/sigstore-root.ts';
import { UndoStack } from './start/stopping.ts';
import { limitsOfStore } from './start/upload-retention.ts';
import { VerificationWorker } from './verification-worker.ts';
import { WorkerGroup } from './workers/worker-group.ts';

export interface ServeParts {
  readonly log: Log;
  /** Further processes that answer requests. @default none */
  readonly workers?: WorkersOptions;
}

interface WorkersOptions {
  /** How many, beside this process. */
  readonly count: number;
  /** Where they write their log. */
  readonly log: LogPlace;
}

/** A running service. */
export interface Running {
  /** Its address on this machine: `http://HOST:PORT`, without a trailing slash. */
  readonly url: string;
  /** The beginning of its links: PUBLIC_URL, or `url`. */
  readonly publicUrl: string;
  /** The text of the first admin token, if this start made it. */
  readonly firstAdminToken?: string;
  /** The file of the first admin token. It is missing if ADMIN_TOKEN was set from the start. */
  readonly adminTokenFile: string;
  /** Waits up to 10 s for requests in flight, then closes everything. Repeatable. */
  stop(): Promise<void>;
}

/** How long work may go on after the service was asked to stop. */
const STOP_GRACE_MS = 10_000;

/** @throws ServiceError that names the wrong setting, after everything was closed again */
export async function serve(settings: Settings, parts: ServeParts): Promise<Running> {
  const log = parts.log.child({}, { serializers: { err: describeError } });
  const undo = new UndoStack(log);
  try {
    return await start(settings, log, undo, parts.workers);
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function start(
  settings: Settings,
  log: Log,
  undo: UndoStack,
  workers: WorkersOptions | undefined,
): Promise<Running> {
  const paths = servicePaths(settings.storage.localPath);
  await makeStorageFolder(settings.storage.localPath);
  const lock = ServiceLock.acquire(paths.lock);
  undo.add(() => lock.release());
  const catalogLock =
    settings.catalog.type === 'sqlite'
      ? await lockCatalog(settings.catalog.path, paths)
      : undefined;
  undo.add(() => catalogLock?.release());

  // Listens first, so that the port is known and taken. Requests wait until everything is open.
  const door = new Door();
  const metrics = settings.metrics === undefined ? undefined : new Metrics();
  const group =
    workers === undefined
      ? undefined
      : await WorkerGroup.listen(door.listener, {
          workers: workers.count,
          address: settings,
          limits: settings,
          requests: metrics?.requests,
          log,
        });
  const server = group ?? (await LocalServer.listen(settings, door.listener, settings));
  undo.add(() => server.stop(0));
  const url = localUrl(settings.host, server.port);
  const publicUrl = settings.publicUrl ?? url;

  const verification = new VerificationWorker({ log });
  const checkQueue = new CheckWorker({ log });
  const failedTokens = new FailedTokens(() => new Date());
  const watch = metrics?.watch;
  const parts = {
    ...{ log, publicUrl, verification, checkQueue, failedTokens },
    ...withoutUndefined({ watch }),
  };
  const { composition: composed, served, madeToken } = await open(settings, paths, parts);
  undo.add(composed.close);
  const limits = await limitsOfStore(composed.services.limits, settings, log);
  const composition = { ...composed, services: { ...composed.services, limits } };
  const background = new Background({
    deps: composition.services,
    log,
    isShared: settings.catalog.type === 'dynamodb',
  });
  await background.sweepAtStart();
  const answer = listenerOf(composition, settings, metrics?.requests);
  const listener = await withConsole(answer, composition, settings);
  const scrubber = new Scrubber({
    deps: composition.services,
    log,
    notesPath: paths.scrub,
    days: settings.scrubDays,
  });
  if (metrics !== undefined && settings.metrics !== undefined) {
    const { freeBytes } = composition.services;
    const countUploads = served && (() => served.catalog.countUnfinished());
    const measured = { server, log, ...withoutUndefined({ countUploads, freeBytes }) };
    const metricsServer = await MetricsServer.listen(settings.metrics, () =>
      metrics.text(measured),
    );
    undo.add(() => metricsServer.stop());
    log.info({ url: metricsServer.url }, 'metrics are read here');
  }
  const loadBundleVerifier = await readSigstoreRoot(settings.sigstoreTrustedRoot);
  await writePrivateFile(paths.server, `${JSON.stringify({ url, pid: process.pid })}\n`);
  undo.add(() => unlink(paths.server));

  // Nothing below can fail.
  verification.start(composition.services);
  checkQueue.start({ ...composition.services, loadBundleVerifier });
  background.start();
  undo.add(reportPressure({ failedTokens, server }, log));
  scrubber.start();
  door.open(listener);
  const locks = catalogLock === undefined ? [lock] : [lock, catalogLock];
  const onLost = () => {
    door.open(outOfService);
    group?.kill();
  };
  const lockWatch = new LockWatch({ locks, log, onLost });
  lockWatch.start();
  undo.add(() => lockWatch.stop());
  const upkeep = served && upkeepOf(served, settings, paths, log);
  upkeep?.start();
  undo.add(async () => {
    const stopping = [server, verification, checkQueue, background, scrubber, upkeep].map((part) =>
      part?.stop(STOP_GRACE_MS),
    );
    await Promise.all(stopping);
  });
  const noteUse = noteUses(composition.services.catalog, log);
  if (workers !== undefined) await group?.start({ settings, publicUrl, log: workers.log }, noteUse);
  if (settings.publicUrl === undefined && isWildcard(settings.host)) {
    log.warn(
      { publicUrl },
      'links begin with an address that only this machine reaches; set PUBLIC_URL',
    );
  }
  const shown = madeToken === undefined ? {} : { firstAdminToken: madeToken };
  return { url, publicUrl, ...shown, adminTokenFile: paths.adminToken, stop: () => undo.run() };
}

interface Opened {
  readonly composition: Composition;
  /** @default the catalog is a DynamoDB table */
  readonly served: ServedCatalog | undefined;
  readonly madeToken: string | undefined;
}

/** Opens the stores with the keys of the settings, or those that the first start made. */
async function open(
  settings: Settings,
  paths: ServicePaths,
  parts: Pick<Parts, 'log' | 'publicUrl' | 'failedTokens' | 'watch'> & {
    readonly verification: VerificationWorker;
    readonly checkQueue: CheckWorker;
  },
): Promise<Opened> {
  const { adminToken, catalog: config } = settings;
  const served =
    config.type === 'sqlite'
      ? await openServedCatalog(config, settings, paths, parts.log)
      : undefined;
  let close = async () => served?.catalog.close();
  try {
    const releaseSigner = new FileSigner(paths.releaseKeys, () => new Date());
    await releaseSigner.makeFirst();
    const composition = await compose(settings, {
      ...parts,
      releaseSigner,
      ...withoutUndefined({ catalog: served?.catalog }),
      signingKey: Buffer.from(settings.urlSigningKey ?? (await urlSigningKey(paths))),
      ...(adminToken === undefined ? {} : { adminToken: adminTokenRecord(adminToken, new Date()) }),
    });
    close = composition.close;
    await composition.probe();
    const { catalog, clock } = composition.services;
    const deps = { catalog, clock, log: parts.log };
    const isNew = served?.isNew === true;
    const madeToken =
      adminToken === undefined ? await makeAdminToken(deps, paths, isNew) : undefined;
    return { composition, served, madeToken };
  } catch (error) {
    await close();
    throw error;
  }
}

function upkeepOf(
  { catalog, isUnchecked }: ServedCatalog,
  settings: Settings,
  paths: ServicePaths,
  log: Log,
) {
  if (settings.catalog.type !== 'sqlite') return undefined;
  const { path, backupsKept = 7 } = settings.catalog;
  const clock = () => new Date();
  return new CatalogUpkeep({
    catalog,
    path,
    log,
    clock,
    backupFolder: paths.backups,
    backupsKept,
    isUnchecked,
  });
}

/** Sends requests for the console to its files. */
async function withConsole(
  next: Listener,
  { bytesOrigin, services }: Composition,
  settings: Settings,
): Promise<Listener> {
  if (!settings.console) return next;
  const connectTo = [new URL(services.publicUrl).origin, bytesOrigin];
  return createConsole({ files: await readConsoleFiles(), connectTo, next });
}

/** Holds requests back until the service can answer them. */
class Door {
  readonly #opened = Promise.withResolvers<void>();
  #answer: Listener = async (request, response) => {
    await this.#opened.promise;
    await this.#answer(request, response);
  };

  readonly listener: Listener = (request, response) => this.#answer(request, response);

  open(answer: Listener): void {
    this.#answer = answer;
    this.#opened.resolve();
  }
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** An address to reach the server at: a wildcard address such as 0.0.0.0 is none. */
function localUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
