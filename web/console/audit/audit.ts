/** The last changes, where the service keeps them: `GET /v1/audit`. */
import type { StowageClient } from '../../../client/stowage-client.ts';
import { isStowageError } from '../../../client/stowage-error.ts';

/** Whether the service keeps them and the token may read them; one that fails is asked again by the view. */
export async function hasChanges(client: StowageClient, signal: AbortSignal): Promise<boolean> {
  try {
    await client.listAudit({ limit: 1, signal }).next();
    return true;
  } catch (error) {
    return !isStowageError(error, 'NOT_FOUND', 'METHOD_NOT_ALLOWED', 'NOT_SUPPORTED', 'FORBIDDEN');
  }
}
