/** The operations that change what is published: yank, restore, delete, and removed channels. */
import { presentPackage } from '../api/present.ts';
import type { Principal } from '../core/access/access.ts';
import { addAuditDetail } from '../core/audit/actor.ts';
import { deletePackage, restorePackage, yankPackage } from '../core/lifecycle/lifecycle.ts';
import {
  findNamed,
  publishedNames,
  requirePackageUnnamed,
  requireVersionUnnamed,
  seenBy,
} from '../core/lifecycle/naming-feeds.ts';
import { deleteVersion, restoreVersion, yankVersion } from '../core/lifecycle/versions.ts';
import type { VersionId } from '../core/names.ts';
import { publicNameOf } from '../core/naming/filenames.ts';
import { deleteChannel } from '../core/reading/channels.ts';
import { readStorageState } from '../core/reading/storage-state.ts';
import type { NamingFeed } from '../core/records.ts';
import { json, noContent } from './answers/json.ts';
import { operation } from './chain/operation.ts';
import type { AdminServices } from './host/services.ts';

export const administration = {
  /** POST .../packages/{packageId}/yank: stops downloads of a package. */
  yankPackage: operation('yankPackage', async (request, services: AdminServices) => {
    const { caller, path, body } = request;
    const record = await yankPackage(services, caller, path, body.reason);
    request.audit('yankPackage', path);
    const feeds = await feedsNaming(services, caller, path.versionId, [publicNameOf(record)]);
    return json(200, { package: presentPackage(record, services.publicUrl), ...feeds });
  }),

  /** POST .../packages/{packageId}/restore: allows downloads of a yanked package again. */
  restorePackage: operation('restorePackage', async (request, services: AdminServices) => {
    const record = await restorePackage(services, request.path);
    request.audit('restorePackage', request.path);
    return json(200, { package: presentPackage(record, services.publicUrl) });
  }),

  /** DELETE .../packages/{packageId}: removes the bytes of a package; its name stays reserved. */
  deletePackage: operation('deletePackage', async (request, services: AdminServices) => {
    const { caller, path, query } = request;
    if (query.force) addAuditDetail({ forced: true });
    else await requirePackageUnnamed(services, caller, path);
    const record = await deletePackage(services, path);
    request.audit('deletePackage', { ...path, ...(query.force && { forced: true }) });
    return json(200, { package: presentPackage(record, services.publicUrl) });
  }),

  /** POST /v1/versions/{versionId}/yank: stops downloads of a whole version. */
  yankVersion: operation('yankVersion', async (request, services: AdminServices) => {
    const { caller, path, body } = request;
    const progress = await yankVersion(services, caller, path.versionId, body.reason, hasTime());
    request.audit('yankVersion', path);
    if (!progress.isWhole) return json(202, progress);
    const names = await publishedNames(services, path.versionId);
    return json(200, {
      ...progress,
      ...(await feedsNaming(services, caller, path.versionId, names)),
    });
  }),

  /** POST /v1/versions/{versionId}/restore: allows its downloads again. */
  restoreVersion: operation('restoreVersion', async (request, services: AdminServices) => {
    const progress = await restoreVersion(services, request.path.versionId, hasTime());
    request.audit('restoreVersion', request.path);
    return json(progress.isWhole ? 200 : 202, progress);
  }),

  /** POST /v1/versions/{versionId}/delete: removes the bytes of a whole version. */
  deleteVersion: operation('deleteVersion', async (request, services: AdminServices) => {
    const { caller, path, body } = request;
    if (body.force) addAuditDetail({ forced: true });
    else await requireVersionUnnamed(services, caller, path.versionId);
    const progress = await deleteVersion(services, path.versionId, hasTime());
    request.audit('deleteVersion', { ...path, ...(body.force && { forced: true }) });
    return json(progress.isWhole ? 200 : 202, progress);
  }),

  /** GET /v1/storage: how much is stored, and the room that is left. */
  getStorage: operation('getStorage', async ({ caller }, services: AdminServices) =>
    json(200, await readStorageState(services, caller), { 'cache-control': 'no-store' }),
  ),

  /** DELETE /v1/channels/{channel}: removes a channel; the version it points at stays. */
  deleteChannel: operation('deleteChannel', async (request, services: AdminServices) => {
    await deleteChannel(services, request.caller, request.path.channel);
    request.audit('deleteChannel', request.path);
    return noContent();
  }),
};

/**
 * The feeds that name what was yanked. The yank is done: where feeds can't be read, it is answered
 * without them.
 */
async function feedsNaming(
  services: AdminServices,
  caller: Principal,
  versionId: VersionId,
  names: readonly string[],
): Promise<{ readonly feeds?: readonly NamingFeed[] }> {
  try {
    const feeds = seenBy(caller, (await findNamed(services, versionId, names)).feeds);
    return feeds.length === 0 ? {} : { feeds };
  } catch (error) {
    services.log.warn({ err: error, versionId }, 'the feeds of channels could not be read');
    return {};
  }
}

/** A function of API Gateway answers within 29 s; what is left goes on with the next request. */
const TIME_FOR_A_VERSION_MS = 20_000;

function hasTime(): () => boolean {
  const until = performance.now() + TIME_FOR_A_VERSION_MS;
  return () => performance.now() < until;
}
