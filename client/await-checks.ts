/** Waits for checks that the service runs in the background. */
import { delay, pollDelayMs } from './retry.ts';
import type { CallOptions, CheckRunBody, StowageClient } from './stowage-client.ts';
import { isStowageError } from './stowage-error.ts';

type Checking = Pick<StowageClient, 'checkVersion' | 'getCheck'>;

export interface WaitOptions extends CallOptions {
  /** Called once, if something is waited for. */
  readonly onWaiting?: (() => void) | undefined;
}

/** After so many polls, about half a minute, they are asked for again: a restart may have lost them. */
const POLLS = 20;

/** What checks find in a version. @throws StowageError */
export async function checkVersion(
  client: Checking,
  versionId: string,
  body: { readonly channel?: string | undefined },
  { onWaiting, ...options }: WaitOptions = {},
): Promise<CheckRunBody> {
  for (let round = 0; ; round++) {
    const run = await client.checkVersion(versionId, body, options);
    if (run.state !== 'running') return run;
    if (round === 0) onWaiting?.();
    await ended(client, run, options);
  }
}

/**
 * Sends a request that the service answers after the checks of a version alone, again when they have
 * ended.
 * @throws StowageError
 */
export async function afterChecks<Answer>(
  client: Checking,
  versionId: string,
  send: () => Promise<Answer>,
  { onWaiting, ...options }: WaitOptions = {},
): Promise<Answer> {
  for (let round = 0; ; round++) {
    try {
      return await send();
    } catch (error) {
      if (!isStowageError(error, 'CHECKS_PENDING') || error.checkId === undefined) throw error;
      if (round === 0) onWaiting?.();
      await ended(client, { versionId, checkId: error.checkId }, options);
    }
  }
}

async function ended(
  client: Checking,
  { versionId, checkId }: Pick<CheckRunBody, 'versionId' | 'checkId'>,
  options: CallOptions,
): Promise<void> {
  for (let poll = 0; poll < POLLS; poll++) {
    await delay(pollDelayMs(poll), options.signal);
    if ((await client.getCheck(versionId, checkId, options)).state !== 'running') return;
  }
}
