/** `stowage check`: finds mistakes in the feeds and signatures of a version before a channel points at it. */

import type { Command } from 'commander';
import type { ChannelRecordBody, CheckRunBody } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import type { ChannelPolicy, CheckResult } from '../../core/checked.ts';
import { failedIn, listChecks } from '../check/report.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { isUnknownRoute, needsNewer } from '../command/newer-service.ts';
import { parseChannel, parseVersion } from '../command/targets.ts';
import { EXIT, failure, misuse } from '../output/fault.ts';

interface Flags extends RemoteFlags {
  readonly channel?: string;
  readonly feed?: readonly string[];
  readonly minisignKey?: string;
  readonly ed25519Key?: string;
}

const NOTES = `
  stowage check 1.4.0 && stowage channel set stable 1.4.0

Checked are feeds (electron-updater, Velopack, Squirrel.Windows, Tauri, Sparkle, NetSparkle, apt, Helm), lists of digests, signatures
beside files, Sigstore bundles and in-toto statements: whether each file that they name is in the version, and has the size and the
digests that they say. With a key, signatures by minisign and Tauri, or by Sparkle and NetSparkle, are verified.
Feeds also name older files. With --channel, those that the channel still serves are compared, too, and the version must have what the
channel asks for; it needs a token of scope release.
With such a token the service checks, as it does when the channel moves. With a token that only reads, with --feed or with a key, this
command downloads the feeds, and the files whose SHA-512, SHA-1 or signature a feed names; drafts must be released first.
Exit code 1 if a check failed. What is skipped fails nothing.
With --json: {versionId, passed, checks: [{check, filename, line?, verdict: "passed" | "failed" | "skipped", detail}]}.`;

export function addCheck(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('check'))
    .description('find mistakes in the feeds and signatures of a version')
    .argument('<version>')
    .option('--channel <channel>', 'also look at files of earlier versions that it serves')
    .option('--feed <filename...>', 'further files that are feeds: .yml, .json or .xml')
    .option('--minisign-key <key>', 'the public key of minisign or tauri signer')
    .option('--ed25519-key <key>', 'the public key of Sparkle or NetSparkle')
    .addHelpText('after', NOTES)
    .action((version: string, flags: Flags) =>
      inSession(cli, flags, (session) => check(cli, session, version, flags), {
        target: version,
        isLong: true,
      }),
    );
}

async function check(cli: Cli, session: Session, version: string, flags: Flags): Promise<void> {
  const versionId = parseVersion(version);
  const own = await policyOf(flags);
  await session.reach();
  const checks =
    (Object.keys(own).length === 0 && (await checkThere(session, versionId, flags.channel))) ||
    (await checkHere(session, versionId, flags.channel, own));
  const failed = failedIn(checks);
  session.output.document({ versionId, passed: failed === 0, checks });
  report(session, versionId, checks);
  if (failed > 0) cli.exitCode = EXIT.failed;
}

type Results = readonly CheckResult[] | CheckRunBody['checks'];

/** By the service; undefined if it is of an earlier release, or the token may only read. */
async function checkThere(
  { client, output, signal }: Session,
  versionId: string,
  channel: string | undefined,
): Promise<Results | undefined> {
  const { checkVersion } = await import('../../client/await-checks.ts');
  const onWaiting = () => output.note(`${versionId}: the service reads large files`);
  const body = { channel: channel === undefined ? undefined : parseChannel(channel) };
  try {
    return (await checkVersion(client, versionId, body, { signal, onWaiting })).checks;
  } catch (error) {
    if (isUnknownRoute(error) || isStowageError(error, 'FORBIDDEN')) return undefined;
    throw error;
  }
}

/** By this program, which downloads what must be read. */
async function checkHere(
  session: Session,
  versionId: string,
  channel: string | undefined,
  own: ChannelPolicy,
): Promise<Results> {
  const { checkVersion } = await import('../../core/checks/check-version.ts');
  const { RemoteFiles } = await import('../check/remote-files.ts');
  const record = channel === undefined ? undefined : await recordOf(session, channel);
  const moves = record?.history.map((move) => move.versionId) ?? [];
  const earlier = moves.filter((one) => one !== versionId);
  const files = await RemoteFiles.open(session, versionId, earlier);
  requireFeeds(versionId, files.files, own.feedNames ?? []);
  const { readPolicy } = await import('../../core/checks/runs/policy.ts');
  const { loadSigstoreVerifier } = await import('../../core/checks/sigstore/load-verifier.ts');
  const policy = { ...readPolicy(record?.policy ?? {}), ...own };
  return checkVersion(files, policy, await loadSigstoreVerifier());
}

async function policyOf({ feed, minisignKey, ed25519Key }: Flags): Promise<ChannelPolicy> {
  const { parseMinisignKey } = await import('../../core/checks/signatures/minisign.ts');
  const { parseEd25519Key } = await import('../../core/checks/signatures/ed25519.ts');
  if (minisignKey !== undefined && parseMinisignKey(minisignKey) === undefined)
    throw misuse(
      `--minisign-key must be the public key of minisign or tauri signer, got ${JSON.stringify(minisignKey.slice(0, 80))}`,
      'it is the content of the .pub file: --minisign-key "$(cat minisign.pub)"',
    );
  if (ed25519Key !== undefined && parseEd25519Key(ed25519Key) === undefined)
    throw misuse(
      `--ed25519-key must be 32 bytes in base64, got ${JSON.stringify(ed25519Key.slice(0, 80))}`,
      'it is SUPublicEDKey of the app; generate_keys -p prints it',
    );
  return {
    ...(feed !== undefined && { feedNames: feed }),
    ...(minisignKey !== undefined && { minisign: minisignKey }),
    ...(ed25519Key !== undefined && { ed25519: ed25519Key }),
  };
}

function recordOf(session: Session, channel: string): Promise<ChannelRecordBody> {
  return needsNewer(session, 'history of channels', () =>
    session.client.getChannelRecord(parseChannel(channel), { signal: session.signal }),
  );
}

/** A mistyped name must not look like a feed without mistakes. @throws Fault NOT_FOUND */
function requireFeeds(
  versionId: string,
  files: ReadonlyMap<string, unknown>,
  feeds: readonly string[],
): void {
  const missing = feeds.find((name) => !files.has(name));
  if (missing === undefined) return;
  throw failure('NOT_FOUND', `version ${versionId} has no file ${JSON.stringify(missing)}`, {
    hint: `see what it has with: stowage ls ${versionId}`,
  });
}

function report({ output }: Session, versionId: string, checks: Results): void {
  if (checks.length === 0) {
    output.line(`${versionId}: has no feeds, lists of digests or signatures to check`);
    return;
  }
  listChecks(output, [...checks]);
  const failed = failedIn(checks);
  output.note(failed === 0 ? `${versionId}: all checks passed` : `${versionId}: ${failed} failed`);
}
