/** Waits for checks that the service runs in the background. */
import { delay, pollDelayMs } from './retry.ts';
import type {
  CallOptions,
  CheckRunBody,
  MovedChannel,
  PutChannelBody,
  StowageClient,
} from './stowage-client.ts';
import { isStowageError } from './stowage-error.ts';

type Checking = Pick<StowageClient, 'checkVersion' | 'getCheck' | 'putChannel'>;

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

/** As `putChannel`, after the checks that the service has to run first. @throws StowageError */
export async function moveChannel(
  client: Checking,
  channel: string,
  body: PutChannelBody,
  { onWaiting, ...options }: WaitOptions = {},
): Promise<MovedChannel> {
  for (let round = 0; ; round++) {
    try {
      return await client.putChannel(channel, body, options);
    } catch (error) {
      if (!isStowageError(error, 'CHECKS_PENDING') || error.checkId === undefined) throw error;
      if (round === 0) onWaiting?.();
      await ended(client, { versionId: body.versionId, checkId: error.checkId }, options);
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
