/** Every operation of the service, for hosts that serve them all; a function of one privilege takes its own operations and imports no others. */
// Hosts that serve all operations have it before the first request.
import './chain/parse-request.ts';
import type { OperationId } from '../api/routes.ts';
import { createToken } from './admin/create-token.ts';
import { deleteChannel } from './admin/delete-channel.ts';
import { deletePackage } from './admin/delete-package.ts';
import { deleteToken } from './admin/delete-token.ts';
import { listChannels } from './admin/list-channels.ts';
import { listTokens } from './admin/list-tokens.ts';
import { putChannel } from './admin/put-channel.ts';
import { restorePackage } from './admin/restore-package.ts';
import { yankPackage } from './admin/yank-package.ts';
import { getChannel } from './catalog/get-channel.ts';
import { getChannelSums } from './catalog/get-channel-sums.ts';
import { getHealth } from './catalog/get-health.ts';
import { getOpenApi } from './catalog/get-open-api.ts';
import { getPackage } from './catalog/get-package.ts';
import { getReadiness } from './catalog/get-readiness.ts';
import { getSecurityContact } from './catalog/get-security-contact.ts';
import { getSums } from './catalog/get-sums.ts';
import { getVersion } from './catalog/get-version.ts';
import { listPackages } from './catalog/list-packages.ts';
import { listVersions } from './catalog/list-versions.ts';
import { http } from './chain/http.ts';
import type { Operation } from './chain/operation.ts';
import { createLinks } from './download/create-links.ts';
import { downloadFromChannel } from './download/download-from-channel.ts';
import { downloadPackage } from './download/download-package.ts';
import type { Handler } from './handler.ts';
import { abortUpload } from './publish/abort-upload.ts';
import { completeUpload } from './publish/complete-upload.ts';
import { createPackage } from './publish/create-package.ts';
import { getUpload } from './publish/get-upload.ts';
import { signParts } from './publish/sign-parts.ts';
import type { Services } from './services.ts';

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
