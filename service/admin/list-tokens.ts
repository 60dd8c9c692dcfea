/** GET /v1/tokens - lists tokens, without their secrets. */
import { presentToken } from '../../api/present.ts';
import { listTokens as list } from '../../core/access/tokens.ts';
import { answerPage } from '../answers/paging.ts';
import { operation } from '../chain/operation.ts';
import type { AdminServices } from '../host/services.ts';

export const listTokens = operation('listTokens', async ({ caller, query }, services: AdminServices) =>
  answerPage(services, `tokens ${caller.versions ?? '*'}`, query, (page) => list(services, caller, page), presentToken),
);
