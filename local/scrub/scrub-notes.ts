/**
 * What the scrub remembers between starts, in `.stowage/scrub.json`: how far the round is, and what
 * it found. If the file is lost, a new round begins.
 */

import { readFile } from 'node:fs/promises';
import type { ScrubOutcome, ScrubResult } from '../../core/scrub/scrub-package.ts';
import type { ScrubPlace } from '../../core/scrub/scrub-round.ts';
import { errnoOf } from '../../storage/file-system.ts';
import { writePrivateFile } from '../start/private-file.ts';

type ScrubCounts = Readonly<Record<ScrubOutcome, number>>;

/** A round that runs or has ended. Times are RFC 3339 in UTC. */
export interface ScrubRoundNotes {
  readonly startedAt: string;
  readonly endedAt?: string;
  /** The package that was checked last. */
  readonly place?: ScrubPlace;
  readonly counts: ScrubCounts;
  /** The files that need an operator, up to a limit. */
  readonly found: readonly ScrubResult[];
}

const NO_COUNTS: ScrubCounts = {
  sound: 0,
  damaged: 0,
  missing: 0,
  restored: 0,
  noted: 0,
  unread: 0,
  changed: 0,
};
const FOR_OPERATORS: readonly ScrubOutcome[] = ['damaged', 'missing', 'unread'];
/** More than an operator reads one by one. */
const MAX_FOUND = 1000;

export function newRound(startedAt: string): ScrubRoundNotes {
  return { startedAt, counts: NO_COUNTS, found: [] };
}

/** The round after one more package was checked. */
export function withResult(
  round: ScrubRoundNotes,
  { outcome, key, detail }: ScrubResult,
  place: ScrubPlace,
): ScrubRoundNotes {
  const counts = { ...round.counts, [outcome]: round.counts[outcome] + 1 };
  const isKept = FOR_OPERATORS.includes(outcome) && round.found.length < MAX_FOUND;
  return {
    ...round,
    place,
    counts,
    found: isKept ? [...round.found, { outcome, key, detail }] : round.found,
  };
}

/** @returns undefined if the notes are missing or unreadable, so that a new round begins */
export async function readScrubNotes(path: string): Promise<ScrubRoundNotes | undefined> {
  try {
    const notes = JSON.parse(await readFile(path, 'utf8')) as ScrubRoundNotes;
    const isWhole = !Number.isNaN(Date.parse(notes.startedAt)) && Array.isArray(notes.found);
    return isWhole ? { ...notes, counts: { ...NO_COUNTS, ...notes.counts } } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? ''))
      return undefined;
    throw error;
  }
}

export async function writeScrubNotes(path: string, round: ScrubRoundNotes): Promise<void> {
  await writePrivateFile(path, `${JSON.stringify(round)}\n`);
}
