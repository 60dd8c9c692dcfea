/**
 * Flips single bits in a catalog, opens it as a server does, and compares every answer with that of
 * the undamaged catalog.
 */
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { isServiceError } from '../../core/errors.ts';
import { parseChannelName, parsePackageId, parseVersionId } from '../../core/names.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import { SqliteCatalog } from '../../storage/sqlite/sqlite-catalog.ts';
import {
  ALL_STATES,
  at,
  channelRecord,
  everyItem,
  everyUnfinished,
  packageRecord,
  tokenRecord,
} from '../storage/catalog-contract/records.ts';

const VERSIONS = Array.from(
  { length: 12 },
  (_, index) => `${1 + Math.floor(index / 4)}.${index % 4}.0`,
);
const PACKAGES = Array.from({ length: 25 }, (_, index) => `tool-${String(index).padStart(2, '0')}`);
const TOKENS = Array.from({ length: 12 }, (_, index) => `token${String(index).padStart(3, '0')}`);
const CHANNELS = ['stable', 'beta', 'nightly', 'lts', 'canary'];

/** 300 packages in all states, 12 versions, 12 tokens, 5 channels; some rows were changed and removed, so that pages have gaps. */
async function makeCatalog(path: string): Promise<void> {
  const catalog = SqliteCatalog.open({ path });
  let count = 0;
  for (const version of VERSIONS) {
    for (const id of PACKAGES) {
      count += 1;
      const state = ALL_STATES[count % ALL_STATES.length] ?? 'available';
      const isPurging = count % 4 === 0 && state === 'deleted';
      const moment = at(count);
      await catalog.createPackage(
        packageRecord(
          id,
          {
            state,
            createdAt: moment,
            touchedAt: moment,
            attemptId: `attempt-${count}`,
            sha256: count.toString(16).padStart(64, '0'),
            ...(isPurging ? { purging: true } : {}),
            ...(state === 'available' ? { publishedAt: moment, blob: { etag: `"${count}"` } } : {}),
          },
          version,
        ),
      );
    }
  }
  for (const [index, tokenId] of TOKENS.entries())
    await catalog.createToken(tokenRecord(tokenId, { name: `CI ${index}` }));
  for (const [index, channel] of CHANNELS.entries()) {
    await catalog.putChannel(channelRecord(channel, VERSIONS[index] ?? '1.0.0', index));
  }
  for (const version of ['gone-1', 'gone-2']) {
    for (const id of PACKAGES) {
      const record = packageRecord(id, {}, version);
      await catalog.createPackage(record);
      await catalog.removePackage(record, { attemptId: record.attemptId, states: ALL_STATES });
    }
  }
  await catalog.file.setCatalogId('catalog-of-the-flips');
  await catalog.close();
}

type Answer = { readonly value: unknown } | { readonly error: unknown };
type Answers = ReadonlyMap<string, Answer>;

/** Everything that can be asked of a catalog about what is in it, and some names that are not. */
async function askAll(catalog: Catalog): Promise<Answers> {
  const answers = new Map<string, Answer>();
  const ask = async (question: string, answer: () => Promise<unknown>) => {
    try {
      answers.set(question, { value: (await answer()) ?? null });
    } catch (error) {
      answers.set(question, { error });
    }
  };
  for (const version of [...VERSIONS, 'gone-1', 'none']) {
    const versionId = parseVersionId(version);
    await ask(`version ${version}`, () => catalog.getVersion(versionId));
    for (const id of [...PACKAGES, 'none']) {
      await ask(`package ${version}/${id}`, () =>
        catalog.getPackage({ versionId, packageId: parsePackageId(id) }),
      );
    }
    for (const states of [ALL_STATES, ['available', 'yanked']] as const) {
      await ask(`list of ${version} ${states.length}`, () =>
        everyItem((page) => catalog.listPackages(versionId, states, page), 10),
      );
    }
  }
  for (const channel of [...CHANNELS, 'none']) {
    await ask(`channel ${channel}`, () => catalog.getChannel(parseChannelName(channel)));
  }
  for (const tokenId of [...TOKENS, 'nonenone'])
    await ask(`token ${tokenId}`, () => catalog.getToken(tokenId));
  await ask('list of versions', () => everyItem((page) => catalog.listVersions(page), 5));
  await ask('list of channels', () => everyItem((page) => catalog.listChannels(page), 2));
  await ask('list of tokens', () => everyItem((page) => catalog.listTokens(page), 5));
  await ask('list of unfinished', () => everyUnfinished(catalog, at(100_000)));
  return answers;
}

type Outcome = 'harmless' | 'start refused' | 'record reported' | 'index made again' | 'wrong';

interface Flip {
  readonly offset: number;
  readonly bit: number;
}

export interface Judged extends Flip {
  readonly outcome: Outcome;
  /** What is wrong. */
  readonly detail?: string;
}

/** Opens a catalog with one flipped bit as a server does, and judges its answers. */
async function judgeFlip(
  original: string,
  work: string,
  flip: Flip,
  expected: Answers,
): Promise<Judged> {
  await copyFile(original, work);
  const bytes = await readFile(work);
  bytes.writeUInt8(bytes.readUInt8(flip.offset) ^ (1 << flip.bit), flip.offset);
  await writeFile(work, bytes);
  try {
    return { ...flip, ...(await judge(work, expected)) };
  } finally {
    for (const end of ['', '-wal', '-shm']) await rm(`${work}${end}`, { force: true });
  }
}

async function judge(path: string, expected: Answers): Promise<Pick<Judged, 'outcome' | 'detail'>> {
  let catalog: SqliteCatalog;
  try {
    catalog = SqliteCatalog.open({ path });
  } catch (error) {
    return isServiceError(error)
      ? { outcome: 'start refused' }
      : { outcome: 'wrong', detail: `raw error ${error}` };
  }
  try {
    const report = catalog.file.examine();
    const answers = await askAll(catalog);
    const faults = [...answers].flatMap(([question, answer]) =>
      faultOf(question, answer, expected, catalog),
    );
    if (faults.length > 0) return { outcome: 'wrong', detail: faults.slice(0, 3).join('; ') };
    if (report.faults.length > 0) return { outcome: 'start refused' };
    if (catalog.file.broken().length > 0) return { outcome: 'record reported' };
    return { outcome: report.indexFaults.length > 0 ? 'index made again' : 'harmless' };
  } finally {
    await catalog.close();
  }
}

/**
 * An answer is right, or a ServiceError that says what is broken. A list may lack what was reported,
 * and nothing else.
 */
function faultOf(
  question: string,
  answer: Answer,
  expected: Answers,
  catalog: SqliteCatalog,
): readonly string[] {
  if ('error' in answer) {
    const isOurs = isServiceError(answer.error, 'INTERNAL', 'UNAVAILABLE');
    return isOurs ? [] : [`${question}: raw error ${String(answer.error)}`];
  }
  const right = expected.get(question);
  const value = right !== undefined && 'value' in right ? right.value : undefined;
  if (JSON.stringify(answer.value) === JSON.stringify(value)) return [];
  if (!Array.isArray(value) || !Array.isArray(answer.value)) return [`${question}: another answer`];
  const got = new Set(answer.value.map((item) => JSON.stringify(item)));
  const missing = value.filter((item) => !got.delete(JSON.stringify(item)));
  const reported = new Set(catalog.file.broken().map(({ name }) => name));
  const unreported = missing.filter((item) => !reported.has(nameOf(item)));
  if (got.size > 0) return [`${question}: ${got.size} items that were never written`];
  return unreported.map((item) => `${question}: ${nameOf(item)} is missing and was not reported`);
}

function nameOf(item: Readonly<Record<string, unknown>>): string {
  const { packageId, channel, tokenId, versionId } = item;
  if (packageId !== undefined) return `${versionId}/${packageId}`;
  return String(channel ?? tokenId ?? versionId);
}

/** The same numbers for the same seed, everywhere (mulberry32). */
function randomBelow(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

export async function flipMany(
  folder: string,
  seed: number,
  flips: number,
): Promise<readonly Judged[]> {
  const original = `${folder}/original.db`;
  await makeCatalog(original);
  await copyFile(original, `${folder}/asked.db`);
  const catalog = SqliteCatalog.open({ path: `${folder}/asked.db` });
  const expected = await askAll(catalog);
  await catalog.close();
  const { length } = await readFile(original);
  const below = randomBelow(seed);
  const judged: Judged[] = [];
  for (let count = 0; count < flips; count++) {
    const flip = { offset: below(length), bit: below(8) };
    judged.push(await judgeFlip(original, `${folder}/work.db`, flip, expected));
  }
  return judged;
}

export function tally(judged: readonly Judged[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { outcome } of judged) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
