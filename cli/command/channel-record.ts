/** Reads a channel with its history, for commands that work on it. */
import type { ChannelRecordBody } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import { failure } from '../output/fault.ts';
import type { Session } from './cli.ts';
import { needsNewer } from './newer-service.ts';

/**
 * @param what what services of earlier releases lack
 * @throws Fault NOT_FOUND, NOT_SUPPORTED
 */
export async function channelRecordOf(
  session: Session,
  name: string,
  what: string,
): Promise<ChannelRecordBody> {
  const { client, signal } = session;
  try {
    return await needsNewer(session, what, () => client.getChannelRecord(name, { signal }));
  } catch (error) {
    if (!isStowageError(error, 'NOT_FOUND')) throw error;
    const { message, requestId } = error;
    const hint = 'see what there is with: stowage channel ls';
    throw failure('NOT_FOUND', message, { hint, requestId, cause: error });
  }
}
