/** GET /packages/{versionId}/{file} - the stable link: leads to the bytes of an available package. */
import { findAvailable } from '../../core/reading/links.ts';
import { operation } from '../chain/operation.ts';
import type { DownloadServices } from '../host/services.ts';
import { answerDownload } from './answer-download.ts';

export const downloadPackage = operation('downloadPackage', async (request, services: DownloadServices) => {
  const record = await findAvailable(services.catalog, request.path.versionId, request.path.file);
  return answerDownload(request, services, record);
});
