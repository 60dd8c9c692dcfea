/**
 * Who gets the version of a rollout. It is decided by a hash of the rollout's seed and the client's id:
 * the same client always gets the same answer, and a larger share contains every smaller one.
 */
import { hash } from 'node:crypto';
import { coversVersion, type Principal } from '../access/access.ts';
import type { VersionId } from '../names.ts';
import type { ChannelRecord, Rollout } from '../records.ts';

/** Longer ids are no ids: each request would cost a hash of them. */
const LONGEST_ID = 256;
const HEX_DIGITS = 12;

type Texts = Readonly<Record<string, unknown>>;

/**
 * How a client identifies itself: electron-updater by a header, Velopack by the query, others by the
 * header that is named after Stowage.
 * @returns undefined for a client that does not
 */
export function clientIdOf(headers: Texts, query: Texts): string | undefined {
  const named = [
    headers['x-user-staging-id'],
    query['stagingId'],
    headers['x-stowage-client-id'],
  ].find((text) => typeof text === 'string' && text !== '' && text.length <= LONGEST_ID);
  return typeof named === 'string' ? named : undefined;
}

/** Where a client is among all: from 0 up to, but not including, 1. */
function placeOf(seed: string, clientId: string): number {
  const digits = hash('sha256', `${seed}\0${clientId}`).slice(0, HEX_DIGITS);
  return Number.parseInt(digits, 16) / 16 ** HEX_DIGITS;
}

/** Whether a rollout includes a client. While it is paused, it includes none. */
function includes({ seed, percent, paused }: Rollout, clientId: string | undefined): boolean {
  return paused !== true && clientId !== undefined && placeOf(seed, clientId) * 100 < percent;
}

/** Where a rollout puts a request, for those who watch it. While it is paused, no client is inside. */
export type RolloutGroup = 'inside' | 'outside' | 'without-id';

/** @param versionId what `versionFor` gave */
export function groupOf(
  channel: ChannelRecord,
  versionId: VersionId,
  clientId: string | undefined,
): RolloutGroup {
  if (clientId === undefined) return 'without-id';
  return versionId === channel.versionId ? 'outside' : 'inside';
}

/** The version that a client gets of a channel. Callers that may not see the rollout's are outside. */
export function versionFor(
  { versionId, rollout }: ChannelRecord,
  caller: Principal | undefined,
  clientId: string | undefined,
): VersionId {
  if (rollout === undefined || !includes(rollout, clientId)) return versionId;
  const isSeen = caller === undefined || coversVersion(caller, rollout.versionId);
  return isSeen ? rollout.versionId : versionId;
}
