/** The operations that change what is published: yank, restore, delete, and channels. */
import { presentChannel, presentPackage } from '../api/present.ts';
import { deletePackage, restorePackage, yankPackage } from '../core/lifecycle/lifecycle.ts';
import { deleteChannel, listChannels, putChannel } from '../core/reading/channels.ts';
import { answerPage, json, noContent } from './answers/json.ts';
import { operation } from './chain/operation.ts';
import type { AdminServices } from './host/services.ts';

export const administration = {
  /** POST .../packages/{packageId}/yank: stops downloads of a package. */
  yankPackage: operation('yankPackage', async (request, services: AdminServices) => {
    const { caller, path, body } = request;
    const record = await yankPackage(services, caller, path, body.reason);
    request.audit('yankPackage', path);
    return json(200, { package: presentPackage(record) });
  }),

  /** POST .../packages/{packageId}/restore: allows downloads of a yanked package again. */
  restorePackage: operation('restorePackage', async (request, services: AdminServices) => {
    const record = await restorePackage(services, request.path);
    request.audit('restorePackage', request.path);
    return json(200, { package: presentPackage(record) });
  }),

  /** DELETE .../packages/{packageId}: removes the bytes of a package; its name stays reserved. */
  deletePackage: operation('deletePackage', async (request, services: AdminServices) => {
    const record = await deletePackage(services, request.path);
    request.audit('deletePackage', request.path);
    return json(200, { package: presentPackage(record) });
  }),

  /** GET /v1/channels: the channels that point at versions the caller may see. */
  listChannels: operation('listChannels', async ({ caller, query }, services: AdminServices) =>
    answerPage(
      services,
      `channels ${caller.versions ?? '*'}`,
      query,
      (page) => listChannels(services, caller, page),
      presentChannel,
    ),
  ),

  /** PUT /v1/channels/{channel}: points a channel at a version. */
  putChannel: operation('putChannel', async (request, services: AdminServices) => {
    const { caller, path, body } = request;
    const { versionId, expectedVersionId } = body;
    const record = await putChannel(services, caller, path.channel, versionId, expectedVersionId);
    request.audit('putChannel', { channel: record.channel, versionId });
    return json(200, presentChannel(record));
  }),

  /** DELETE /v1/channels/{channel}: removes a channel; the version it points at stays. */
  deleteChannel: operation('deleteChannel', async (request, services: AdminServices) => {
    await deleteChannel(services, request.caller, request.path.channel);
    request.audit('deleteChannel', request.path);
    return noContent();
  }),
};
