/** Moves a channel: waits for checks, and lists what they found. */
import { readFile } from 'node:fs/promises';
import { afterChecks } from '../../client/await-checks.ts';
import type { MovedChannel, PutChannelBody } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import { counted } from '../../core/checks/files/results.ts';
import type { Session } from '../command/cli.ts';
import { failure, misuse } from '../output/fault.ts';
import { failedIn, listChecks } from './report.ts';

/** Points a channel at a version. @throws as `whenChecked` */
export async function moveChecked(
  session: Session,
  channel: string,
  body: PutChannelBody,
): Promise<MovedChannel> {
  const { client, output, signal } = session;
  const moved = await whenChecked(session, channel, body.versionId, () =>
    client.putChannel(channel, body, { signal }),
  );
  listChecks(output, moved.checks ?? []);
  return moved;
}

/**
 * Sends a request that gives a version to clients, after its checks.
 * @throws Fault CHECKS_FAILED, after what was found is printed; StowageError
 */
export async function whenChecked<Answer>(
  { client, output, signal }: Session,
  channel: string,
  versionId: string,
  send: () => Promise<Answer>,
): Promise<Answer> {
  try {
    const onWaiting = () =>
      output.note(`${versionId}: the service checks large files and signatures first`);
    return await afterChecks(client, versionId, send, { signal, onWaiting });
  } catch (error) {
    if (!isStowageError(error, 'CHECKS_FAILED')) throw error;
    const { checks, requestId } = error;
    output.document({ channel, versionId, passed: false, checks });
    listChecks(output, checks);
    throw failure(
      'CHECKS_FAILED',
      `${channel} stays where it is: version ${versionId} has ${counted(failedIn(checks), 'mistake', 'mistakes')}`,
      {
        hint: 'publish it again as another version without them; an admin goes on nevertheless with --skip-checks',
        requestId,
        cause: error,
      },
    );
  }
}

/** What a file says that a channel asks of versions. @throws Fault (misuse) */
export async function readPolicy(path: string): Promise<NonNullable<PutChannelBody['policy']>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw misuse(`--policy ${path} can't be read: ${String(error)}`);
  });
  const policy = parsed(text);
  if (typeof policy === 'object' && policy !== null && !Array.isArray(policy)) return policy;
  throw misuse(
    `--policy ${path} must be a JSON object`,
    'such as {"minisign": "RW..."}; {} asks for what is checked by default; docs/checks.md has the fields',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
