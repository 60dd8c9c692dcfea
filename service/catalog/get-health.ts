/** GET /healthz - whether the service answers, and which release it is. */
import { RELEASE } from '../../core/release.ts';
import { json } from '../answers/json.ts';
import { operation } from '../chain/operation.ts';

export const getHealth = operation('getHealth', async () => json(200, { status: 'ok', version: RELEASE }));
