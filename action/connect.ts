/** Gets the token that the step works with: the one that it was given, or one for this job alone. */
import { requireHeaderText } from '../cli/command/cli.ts';
import { exchangeToken } from '../cli/connection/exchange-token.ts';
import { requireHttpUrl } from '../cli/connection/find-connection.ts';
import { isInJob } from '../cli/connection/job-token.ts';
import { failure } from '../cli/output/fault.ts';
import type { Runner } from './runner.ts';

/** @throws Fault that says what to change in the workflow, or in the rules of the service */
export async function connect(
  runner: Runner,
  signal: AbortSignal,
): Promise<{ readonly url: string; readonly token: string }> {
  const url = runner.requiredInput('url');
  requireHttpUrl(url, 'the input url');
  const given = runner.input('token');
  if (given !== undefined) {
    runner.mask(given);
    requireHeaderText({ token: given, tokenFrom: 'the input token' });
    return { url, token: given };
  }
  if (!isInJob(runner.env)) {
    throw failure('UNAUTHENTICATED', 'GitHub gives this job no token that says which job it is', {
      hint: 'add to the job: permissions: { id-token: write, contents: read }. Pull requests from forks never get one',
    });
  }
  const nothing = { token: undefined, tokenFrom: undefined, tokenPlaces: [] };
  const job = { env: runner.env, signal };
  const { token = '' } = await exchangeToken({ url, urlFrom: 'the input url', ...nothing }, job);
  runner.mask(token);
  // First of all, so that the post step revokes the token whatever happens to the files.
  runner.keep('url', url);
  runner.keep('token', token);
  return { url, token };
}
