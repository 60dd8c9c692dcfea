/** Every operation of the service, for hosts that serve them all; a function of one privilege takes its own operations and imports no others. */
// Hosts that serve all operations have it before the first request.
import '../service/chain/parse-request.ts';
import type { OperationId } from '../api/routes.ts';
import { createToken } from '../service/admin/create-token.ts';
import { deleteChannel } from '../service/admin/delete-channel.ts';
import { deletePackage } from '../service/admin/delete-package.ts';
import { deleteToken } from '../service/admin/delete-token.ts';
import { listChannels } from '../service/admin/list-channels.ts';
import { listTokens } from '../service/admin/list-tokens.ts';
import { putChannel } from '../service/admin/put-channel.ts';
import { restorePackage } from '../service/admin/restore-package.ts';
import { yankPackage } from '../service/admin/yank-package.ts';
import { getChannel } from '../service/catalog/get-channel.ts';
import { getChannelSums } from '../service/catalog/get-channel-sums.ts';
import { getHealth } from '../service/catalog/get-health.ts';
import { getOpenApi } from '../service/catalog/get-open-api.ts';
import { getPackage } from '../service/catalog/get-package.ts';
import { getReadiness } from '../service/catalog/get-readiness.ts';
import { getSecurityContact } from '../service/catalog/get-security-contact.ts';
import { getSums } from '../service/catalog/get-sums.ts';
import { getVersion } from '../service/catalog/get-version.ts';
import { listPackages } from '../service/catalog/list-packages.ts';
import { listVersions } from '../service/catalog/list-versions.ts';
import { http } from '../service/chain/http.ts';
import type { Operation } from '../service/chain/operation.ts';
import { createLinks } from '../service/download/create-links.ts';
import { downloadFromChannel } from '../service/download/download-from-channel.ts';
import { downloadPackage } from '../service/download/download-package.ts';
import type { Handler } from '../service/host/handler.ts';
import type { Services } from '../service/host/services.ts';
import { abortUpload } from '../service/publish/abort-upload.ts';
import { completeUpload } from '../service/publish/complete-upload.ts';
import { createPackage } from '../service/publish/create-package.ts';
import { getUpload } from '../service/publish/get-upload.ts';
import { signParts } from '../service/publish/sign-parts.ts';

const OPERATIONS: Readonly<Record<OperationId, Operation>> = {
  createPackage,
  signParts,
  getUpload,
  completeUpload,
  abortUpload,
  listVersions,
  getVersion,
  listPackages,
  getPackage,
  getSums,
  getChannel,
  getChannelSums,
  getHealth,
  getReadiness,
  getOpenApi,
  getSecurityContact,
  createLinks,
  downloadPackage,
  downloadFromChannel,
  yankPackage,
  restorePackage,
  deletePackage,
  listChannels,
  putChannel,
  deleteChannel,
  createToken,
  listTokens,
  deleteToken,
};

/** One handler an operation, all with the same services. */
export function createHandlers(services: Services): Readonly<Record<OperationId, Handler>> {
  const handlers = Object.entries(OPERATIONS).map(([id, operation]) => [id, http(operation, services)]);
  return Object.fromEntries(handlers) as Record<OperationId, Handler>;
}
