/** The post step: ends the token that the step had for its job. */
import { StowageClient } from '../client/stowage-client.ts';
import { isStowageError } from '../client/stowage-error.ts';
import type { Runner } from './runner.ts';

const REVOKE_MS = 20_000;

/** Never fails the job: its files are published, and the token expires within the hour. */
export async function revoke(runner: Runner): Promise<void> {
  const [url, token] = [runner.kept('url'), runner.kept('token')];
  if (url === undefined || token === undefined) return;
  const client = new StowageClient({ url, token, retry: { retries: 2 } });
  try {
    await client.deleteOwnToken({ signal: AbortSignal.timeout(REVOKE_MS) });
    runner.line('the token of this job is revoked');
  } catch (error) {
    if (isStowageError(error, 'UNAUTHENTICATED'))
      return runner.line('the token of this job has expired');
    const why = error instanceof Error ? error.message : String(error);
    runner.warning(`the token of this job is not revoked and expires by itself: ${why}`);
  }
}
