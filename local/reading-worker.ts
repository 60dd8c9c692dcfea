/**
 * Answers what consumers ask, from its own connection to the catalog, and passes everything else on
 * to the server: records are written, and uploads kept, by one process alone.
 */
import type { Socket } from 'node:net';
import { Router } from '../api/router.ts';
import type { OperationId } from '../api/routes.ts';
import { FailedTokens } from '../core/access/failed-tokens.ts';
import type { Log } from '../service/host/log.ts';
import { SqliteCatalog } from '../storage/sqlite/sqlite-catalog.ts';
import { BLOBS_PATH } from '../storage/url-signer.ts';
import { compose } from './compose.ts';
import type { Listener } from './http/api-listener.ts';
import { refuseFaulty } from './http/refuse-requests.ts';
import { newRequestId } from './http/request-id.ts';
import { LocalServer } from './http/server.ts';
import { listenerOf } from './listener.ts';
import { targetOf } from './messages/event-adapter.ts';
import { type CountedRequests, RequestCounts } from './metrics/request-counts.ts';
import { reportPressure } from './report-pressure.ts';
import { adminTokenRecord, servicePaths, urlSigningKey } from './start/first-start.ts';
import type { WorkerStart } from './workers/messages.ts';
import { passOn } from './workers/pass-on.ts';

/** Operations that change nothing and need nothing that the server keeps in memory. */
const ANSWERED: ReadonlySet<OperationId> = new Set<OperationId>([
  'downloadPackage',
  'downloadFromChannel',
  'downloadForPlatform',
  'getTauriUpdate',
  'getSquirrelMacUpdate',
  'getSums',
  'getChannel',
  'getChannelSums',
  'listPublicVersions',
  'getPublicVersion',
  'createLinks',
]);

/** How often the worker looks whether the catalog is in its place. */
const LOOK_EVERY_MS = 1000;
/** How often the server gets what the worker counted. */
const COUNTS_EVERY_MS = 1000;

export interface ReadingWorker {
  /** Answers a connection. */
  take(socket: Socket): void;
  stop(graceMs: number): Promise<void>;
}

/**
 * @param onCounted is given the requests that were answered, if the settings ask for metrics
 * @param onTokenUse is called for the first use of a token on a day
 */
export async function startWorker(
  start: WorkerStart,
  log: Log,
  onCounted: (requests: CountedRequests) => void,
  onTokenUse: (tokenId: string, day: string) => void,
): Promise<ReadingWorker> {
  const { settings, publicUrl } = start;
  const paths = servicePaths(settings.storage.localPath);
  const failedTokens = new FailedTokens(() => new Date());
  const composition = await compose(settings, {
    signingKey: Buffer.from(settings.urlSigningKey ?? (await urlSigningKey(paths))),
    publicUrl,
    log,
    failedTokens,
    onTokenUse,
    recover: false,
    ...(settings.adminToken === undefined
      ? {}
      : { adminToken: adminTokenRecord(settings.adminToken, new Date()) }),
  });
  const { catalog } = composition.services;
  const look = setInterval(() => {
    if (catalog instanceof SqliteCatalog) catalog.file.checkFile();
  }, LOOK_EVERY_MS).unref();
  const requests = settings.metrics === undefined ? undefined : new RequestCounts();
  const giveCounts = () => {
    const counted = requests?.take();
    if (counted !== undefined) onCounted(counted);
  };
  const giving = setInterval(giveCounts, COUNTS_EVERY_MS).unref();
  const answer = listenerOf(composition, settings, requests);
  const server = await LocalServer.listenAt(
    start.ownPath,
    chooseBy(answer, refuseFaulty(passOn(start.serverPath), { newId: newRequestId, log })),
    settings,
  );
  const report = reportPressure({ failedTokens, server }, log);
  return {
    take: (socket) => server.take(socket),
    stop: async (graceMs) => {
      await server.stop(graceMs);
      clearInterval(look);
      clearInterval(giving);
      giveCounts();
      report();
      await composition.close();
    },
  };
}

function chooseBy(answer: Listener, pass: Listener): Listener {
  const router = new Router();
  return (request, response) => {
    const { method = 'GET', url = '/' } = request;
    const { path } = targetOf(url);
    const isRead = method === 'GET' || method === 'HEAD';
    if (isRead && path.startsWith(BLOBS_PATH)) return answer(request, response);
    const match = router.match(method, path);
    const isAnswered = match.kind === 'operation' && ANSWERED.has(match.operation);
    return isAnswered ? answer(request, response) : pass(request, response);
  };
}
