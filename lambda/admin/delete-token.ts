/** DELETE /v1/tokens/{tokenId} - revokes a token: here at once, in other processes within a minute. */
import { deleteToken as remove } from '../../core/tokens.ts';
import { noContent } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { AdminServices } from '../services.ts';

export const deleteToken = operation('deleteToken', async (request, services: AdminServices) => {
  const { tokenId } = request.path;
  await remove(services, request.caller, tokenId);
  request.audit('deleteToken', { tokenId });
  return noContent();
});
