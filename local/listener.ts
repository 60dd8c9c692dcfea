/** What a server on this machine answers with: the gateway for signed URLs, and the API. */
import { storeOf } from '../core/ports/stores.ts';
import type { Settings } from '../core/settings.ts';
import { problemPage } from '../service/pages/with-page.ts';
import { malformedPath, methodNotAllowed, notFound } from '../service/unrouted.ts';
import { BLOBS_PATH } from '../storage/url-signer.ts';
import type { Composition } from './compose.ts';
import { createGateway, type GatewayAccess } from './gateway/gateway.ts';
import { logAccess } from './gateway/log-access.ts';
import { isUnderWay, readPublishedEtag } from './gateway-records.ts';
import { createHandlers } from './handlers.ts';
import { createApiListener, type Listener } from './http/api-listener.ts';
import { refuseFaulty } from './http/refuse-requests.ts';
import { newRequestId } from './http/request-id.ts';
import { sendBlob } from './http/send-blob.ts';
import { streamBlob } from './http/stream-blob.ts';
import { BodyMemory } from './messages/body-memory.ts';
import type { Answered, RequestCounts } from './metrics/request-counts.ts';

/** The memory for request bodies, which have 256 KiB at most. */
const MAX_BODY_MEMORY = 32 * 1024 * 1024;

/** Sends signed URLs of files on this machine to the gateway, and everything else to the API. */
export function listenerOf(
  { services, disk }: Composition,
  { corsOrigins, trustedProxies }: Settings,
  requests?: RequestCounts,
): Listener {
  const { catalog, clock, log } = services;
  const api = createApiListener({
    handlers: createHandlers(services),
    notFound: notFound(services, problemPage),
    methodNotAllowed: (allowed) => methodNotAllowed(services, allowed),
    malformedPath: (operation) => malformedPath(services, operation),
    sendBlob: (request, response, blob, headers) =>
      blob.store === disk?.store.name
        ? sendBlob(request, response, disk.store, blob, headers)
        : streamBlob(request, response, storeOf(services, blob), blob, headers),
    clock,
    newId: newRequestId,
    bodyMemory: new BodyMemory(MAX_BODY_MEMORY),
    trustedProxies,
    corsOrigins,
    ...(requests !== undefined && { onAnswered: (answered: Answered) => requests.add(answered) }),
    log,
  });
  if (disk === undefined) return refuseFaulty(api, { newId: newRequestId, log });
  const gateway = createGateway({
    ...disk,
    corsOrigins,
    trustedProxies,
    publishedEtag: (key) => readPublishedEtag(catalog, key, disk.store.name),
    isUnderWay: (key, attemptId) => isUnderWay(catalog, key, attemptId),
    onAccess: (access) => {
      logAccess(log, access);
      requests?.add(countOf(access));
    },
  });
  const listener: Listener = (request, response) =>
    request.url?.startsWith(BLOBS_PATH) === true
      ? gateway(request, response)
      : api(request, response);
  return refuseFaulty(listener, { newId: newRequestId, log });
}

function countOf({ method, status, bytes, ms }: GatewayAccess): Answered {
  const isUpload = method === 'PUT';
  const [receivedBytes, sentBytes] = isUpload ? [bytes, 0] : [0, bytes];
  return { route: isUpload ? 'blobUpload' : 'blobDownload', status, ms, receivedBytes, sentBytes };
}
