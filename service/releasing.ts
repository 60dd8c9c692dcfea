/** The operations of who decides what is current: channels, and where they point. */
import { presentChannel, presentChannelRecord } from '../api/present.ts';
import { coversVersion } from '../core/access/access.ts';
import { getChannel, historyOf, listChannels, putChannel } from '../core/reading/channels.ts';
import { answerPage, json } from './answers/json.ts';
import { operation } from './chain/operation.ts';
import type { ReleaseServices } from './host/services.ts';

export const releasing = {
  /** GET /v1/channels/{channel}: a channel with its history. */
  getChannelRecord: operation('getChannelRecord', async (request, services: ReleaseServices) => {
    const record = await getChannel(services.catalog, request.caller, request.path.channel);
    const history = historyOf(record).filter(({ versionId }) =>
      coversVersion(request.caller, versionId),
    );
    return json(200, presentChannelRecord(record, history));
  }),

  /** GET /v1/channels: the channels that point at versions the caller may see. */
  listChannels: operation('listChannels', async ({ caller, query }, services: ReleaseServices) =>
    answerPage(
      services,
      `channels ${caller.versions ?? '*'}`,
      query,
      (page) => listChannels(services, caller, page),
      presentChannel,
    ),
  ),

  /** PUT /v1/channels/{channel}: points a channel at a version. */
  putChannel: operation('putChannel', async (request, services: ReleaseServices) => {
    const { caller, path, body } = request;
    const { versionId, expectedVersionId, public: isPublic } = body;
    const wish = { versionId, expectedVersionId, isPublic };
    const record = await putChannel(services, caller, path.channel, wish);
    request.audit('putChannel', { channel: record.channel, versionId });
    return json(200, presentChannel(record));
  }),
};
