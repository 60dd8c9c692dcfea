/** The last changes, where the service keeps them: `GET /v1/audit`. */
import { allPages, type Page } from '../../../client/pages.ts';
import type { StowageClient } from '../../../client/stowage-client.ts';
import { isStowageError } from '../../../client/stowage-error.ts';

export interface Change {
  readonly at: string;
  readonly who: string;
  readonly action: string;
  readonly versionId?: string;
  readonly packageId?: string;
  readonly channel?: string;
  readonly tokenId?: string;
  readonly requestId: string;
  readonly detail?: unknown;
}

export function listChanges(
  client: StowageClient,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<Change, void, void> {
  return allPages({ limit }, (query) =>
    client.transport.json<Page<Change>>({ method: 'GET', path: '/v1/audit', query, signal }),
  );
}

/** Whether the service keeps them and the token may read them; one that fails is asked again by the view. */
export async function hasChanges(client: StowageClient, signal: AbortSignal): Promise<boolean> {
  try {
    await listChanges(client, 1, signal).next();
    return true;
  } catch (error) {
    return !isStowageError(error, 'NOT_FOUND', 'METHOD_NOT_ALLOWED', 'NOT_SUPPORTED', 'FORBIDDEN');
  }
}
