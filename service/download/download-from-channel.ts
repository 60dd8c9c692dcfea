/** GET /channels/{channel}/{file} - the stable link of a package of the version that a channel points at. */
import { findAvailable, resolveChannel } from '../../core/reading/links.ts';
import { operation } from '../chain/operation.ts';
import type { DownloadServices } from '../host/services.ts';
import { answerDownload } from './answer-download.ts';

export const downloadFromChannel = operation('downloadFromChannel', async (request, services: DownloadServices) => {
  const { versionId } = await resolveChannel(services.catalog, request.caller, request.path.channel);
  const record = await findAvailable(services.catalog, versionId, request.path.file);
  return answerDownload(request, services, record);
});
