/** Keeps a channel where it is until the checks that it asks for pass. */
import type { ChannelPolicy, CheckResult, CheckRun } from '../../checked.ts';
import { ServiceError } from '../../errors.ts';
import type { VersionId } from '../../names.ts';
import { historyOf } from '../../reading/channels.ts';
import type { ChannelRecord } from '../../records.ts';
import { type CheckDeps, check, checkAtOnce, within } from './check-runs.ts';

/** Problems are read whole by clients up to 64 KiB. */
const PROBLEM_MAX_BYTES = 32 * 1024;
const DETAIL_CHARACTERS = 1500;

/**
 * Where the channel stays at its version, nothing is checked. Without a policy about checks, only a
 * file that contradicts others refuses a version, and large files are not read for that. With one,
 * everything that is wrong does. A version that the channel remembers was let in once, so a move back
 * to it waits for no results: with a policy it is refused only by those that are there, without one not
 * at all. Where the channel asks for seals, an open version is refused in any case: one request seals it.
 * @param next the channel as it is about to be
 * @returns what was found; undefined if nothing was checked
 * @throws NOT_SEALED; CHECKS_FAILED with the results; CHECKS_PENDING where they take longer, after they were started
 */
export async function requireChecked(
  deps: CheckDeps,
  current: ChannelRecord | undefined,
  next: ChannelRecord,
): Promise<CheckRun | undefined> {
  const { channel, versionId, policy = {} } = next;
  if (current?.versionId === versionId) return undefined;
  if (policy.requireSealed === true) await requireSealed(deps, channel, versionId);
  if (policy.feeds === false) return undefined;
  if (!asksForChecks(policy)) {
    const found = await checkAtOnce(deps, { versionId, channel, policy }, current);
    const contradicts = found.checks?.some((one) => one.contradicts) === true;
    if (contradicts && !wasLetIn(current, versionId)) throw checksFailed(channel, found);
    return found;
  }
  const run = await check(deps, { versionId, channel, policy }, current);
  if (run.state === 'done' && run.passed === true) return run;
  if (run.state === 'done') throw checksFailed(channel, run);
  if (wasLetIn(current, versionId)) return run;
  throw new ServiceError(
    'CHECKS_PENDING',
    `the checks of version ${versionId} for channel ${channel} are running, because large files must be read or signatures verified; point the channel at it again in a moment`,
    { members: { checkId: run.checkId } },
  );
}

async function requireSealed(
  { catalog }: Pick<CheckDeps, 'catalog'>,
  channel: string,
  versionId: VersionId,
): Promise<void> {
  if ((await catalog.getVersion(versionId))?.sealedAt !== undefined) return;
  throw new ServiceError(
    'NOT_SEALED',
    `channel ${channel} takes only sealed versions, and version ${versionId} is not sealed: seal it first, then send this again`,
  );
}

/** Whether the channel has served the version before. */
function wasLetIn(current: ChannelRecord | undefined, versionId: VersionId): boolean {
  if (current === undefined) return false;
  const served = [...historyOf(current), ...(current.triedVersions ?? []), current.rollout];
  return served.some((one) => one?.versionId === versionId);
}

/** Whether someone has decided that all checks count. */
function asksForChecks(policy: ChannelPolicy): boolean {
  const { feeds, feedNames, minisign, ed25519, sigstore } = policy;
  return [feeds, feedNames, minisign, ed25519, sigstore].some((one) => one !== undefined);
}

function checksFailed(channel: string, { versionId, checkId, checks = [] }: CheckRun) {
  const failed = checks.filter(({ verdict }) => verdict === 'failed');
  const first = failed.find(({ contradicts }) => contradicts) ?? failed[0];
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
  const found = first === undefined ? 'no results' : `${placeOf(first)}${first.detail}`;
  return new ServiceError(
    'CHECKS_FAILED',
    `channel ${channel} stays where it is, because version ${versionId} has mistakes: ${found.slice(0, DETAIL_CHARACTERS)}${more}. Publish it again as another version without them, or let an admin point the channel at it with skipChecks`,
    { members: { checkId, checks: within(checks, PROBLEM_MAX_BYTES) } },
  );
}

function placeOf({ filename, line }: CheckResult): string {
  if (filename === undefined) return '';
  return line === undefined ? `${filename}: ` : `${filename}:${line}: `;
}
