/** Says which feature a service of an earlier release lacks. */
import { isStowageError } from '../../client/stowage-error.ts';
import { failure } from '../output/fault.ts';
import type { Session } from './cli.ts';

/**
 * Runs `work`, which sends requests that services before 0.2 do not know.
 * @param what what they lack, such as `links for people`
 * @throws Fault NOT_SUPPORTED, or what `work` throws
 */
export async function needsNewer<Result>(
  { connection }: Session,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isUnknownRoute(error)) throw error;
    throw failure('NOT_SUPPORTED', `the service at ${connection.url} has no ${what}`, {
      hint: 'it runs an earlier release of Stowage; ask its operator to update it',
      cause: error,
    });
  }
}

/** Whether the service has no such route. A route that it has names what is missing instead. */
export function isUnknownRoute(error: unknown): boolean {
  if (!isStowageError(error)) return false;
  if (error.code === 'METHOD_NOT_ALLOWED') return true;
  const { code, message } = error;
  return code === 'NOT_FOUND' && message.startsWith('there is nothing under ');
}
