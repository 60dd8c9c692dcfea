/** The doctor's check of stored files: whether a file that the scrub found wrong still is. */
import { type Finding, kept, notKept, type TrialResult } from '../core/doctor/report.ts';
import { parsePackageKey } from '../core/names.ts';
import { storeOf } from '../core/ports/stores.ts';
import type { ScrubResult } from '../core/scrub/scrub-package.ts';
import type { Settings } from '../core/settings.ts';
import { type OpenStores, openStores } from './open-stores.ts';
import { readScrubNotes, type ScrubRoundNotes } from './scrub/scrub-notes.ts';
import { servicePaths } from './start/first-start.ts';

const SHOWN_KEYS = 5;

/** Reads the records of the files that the scrub found. Empty if no scrub has begun yet. */
export async function examineScrub(settings: Settings): Promise<readonly Finding[]> {
  const notes = await readScrubNotes(servicePaths(settings.storage.localPath).scrub);
  if (notes === undefined) return [];
  const promise = {
    id: 'scrub',
    group: 'The stored files',
    promise: 'all that the scrub has read matches what was published',
    need: 'always',
    otherwise: 'restore these files from a backup, then run: stowage verify --repair',
  } as const;
  return [{ ...promise, needed: true, ...(await outcomeOf(settings, notes)) }];
}

async function outcomeOf(
  settings: Settings,
  { startedAt, endedAt, found, counts }: ScrubRoundNotes,
): Promise<TrialResult> {
  const checked = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const round = `${checked} packages were looked at since ${startedAt}${endedAt === undefined ? ', not all yet' : ''}`;
  const wrong = found.length === 0 ? [] : await stillWrong(settings, found);
  if (wrong.length === 0) return kept(round);
  const keys = wrong.slice(0, SHOWN_KEYS).map(({ key, outcome }) => `${key} (${outcome})`);
  const more = wrong.length > SHOWN_KEYS ? ` and ${wrong.length - SHOWN_KEYS} more` : '';
  return notKept(`${round}; wrong: ${keys.join(', ')}${more}`);
}

async function stillWrong(
  settings: Settings,
  found: readonly ScrubResult[],
): Promise<readonly ScrubResult[]> {
  const opened = await openStores(settings);
  try {
    const still = [];
    for (const one of found) if (await isWrong(opened, one)) still.push(one);
    return still;
  } finally {
    await opened.close();
  }
}

async function isWrong(opened: OpenStores, { key, outcome }: ScrubResult): Promise<boolean> {
  const record = await opened.catalog.getPackage(parsePackageKey(key));
  if (record?.state !== 'available' && record?.state !== 'yanked') return false;
  if (outcome === 'damaged') return record.damage !== undefined;
  return outcome === 'missing' && (await storeOf(opened, record).stat(record.key)) === undefined;
}
