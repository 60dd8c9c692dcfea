/**
 * DELETE /v1/tokens/{tokenId} - revokes a token and those that it made: here at once, in other
 * processes within a minute.
 */
import { revokeToken } from '../../core/access/revoke-token.ts';
import { noContent } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { AdminServices } from '../host/services.ts';

export const deleteToken = operation('deleteToken', async (request, services: AdminServices) => {
  const revoked = await revokeToken(services, request.caller, request.path.tokenId, request.query);
  for (const tokenId of revoked) request.audit('deleteToken', { tokenId });
  return noContent();
});
