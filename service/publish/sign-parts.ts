/** POST .../packages/{packageId}/parts - signs the requests of parts, or renews them. */
import { signParts as sign } from '../../core/uploads/parts.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';
import type { PublishServices } from '../host/services.ts';
import { presentPart } from './present-upload.ts';

export const signParts = operation('signParts', async (request, services: PublishServices) => {
  const { partNumbers, sha256s } = request.body;
  const parts = await sign(services, request.path, partNumbers, sha256s);
  return json(200, { parts: parts.map(presentPart) });
});
