/** POST /v1/tokens - makes a token; its text is in this answer and nowhere else. */
import { presentToken } from '../../api/present.ts';
import { createToken as create } from '../../core/access/tokens.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { AdminServices } from '../host/services.ts';

export const createToken = operation('createToken', async (request, services: AdminServices) => {
  const { record, token } = await create(services, request.caller, request.body);
  request.audit('createToken', { tokenId: record.tokenId });
  return json(201, { ...presentToken(record), token });
});
