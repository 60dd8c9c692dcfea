/** Everything that a push does before the first byte is sent. */
import { readFile } from 'node:fs/promises';
import { StowageError } from '../../client/stowage-error.ts';
import type { Session } from '../command/cli.ts';
import { explain } from '../command/explain.ts';
import { Fault } from '../output/fault.ts';
import type { Output } from '../output/output.ts';
import { type FileProgress, overallProgress } from '../output/overall-progress.ts';
import { progressOf } from '../output/progress.ts';
import { type HashedItem, hashFile, lookAtFile } from './hash-file.ts';
import { checkNames, codeOfTaken, type Verdict } from './plan/check-names.ts';
import { problemOfSums, SUMS, type Sum } from './plan/check-sums.ts';
import type { Problem } from './plan/find-files.ts';
import { withOldNames } from './plan/old-names.ts';
import type { PushItem } from './plan/plan-push.ts';

export interface Hashed {
  readonly items: readonly HashedItem[];
  readonly problems: readonly Problem[];
}

/**
 * Hashes every file that is not hashed later. A SHA256SUMS among them is left out if the service
 * would make the same.
 */
export async function hashAll(
  session: Session,
  planned: readonly PushItem[],
  sizes: ReadonlyMap<string, number>,
  later: ReadonlySet<PushItem>,
): Promise<Hashed> {
  const items: HashedItem[] = [];
  const sums: Sum[] = [];
  const problems: Problem[] = [];
  const list = planned.length > 1 ? planned.find(({ filename }) => filename === SUMS) : undefined;
  const sized = (item: PushItem) => ({ ...item, size: sizes.get(item.path) ?? 0 });
  const display = displayOf(
    session.output,
    'hashing',
    planned.filter((item) => !later.has(item)).map(sized),
  );
  try {
    for (const item of planned) {
      if (item === list) continue;
      try {
        if (later.has(item)) {
          items.push(await lookAtFile(item));
          continue;
        }
        const hashed = await hashShown(session, item, display.file(sized(item)));
        items.push(hashed);
        sums.push(hashed);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        problems.push({ path: item.path, ...error, message: error.message });
      }
    }
  } finally {
    display.end();
  }
  if (list === undefined || problems.length > 0) return { items, problems };
  const problem = problemOfSums(list.path, await readFile(list.path, 'utf8'), sums);
  if (problem !== undefined) return { items, problems: [problem] };
  session.output.note(`${list.path}: left out, the service makes the same one`);
  return { items, problems };
}

async function hashShown(session: Session, item: PushItem, progress: FileProgress) {
  try {
    const hashed = await hashFile(session, item, progress);
    progress.done(hashed.size);
    return hashed;
  } finally {
    progress.end();
  }
}

type Sized = Pick<HashedItem, 'filename' | 'size'>;

export interface Display {
  file(item: Sized): FileProgress;
  end(): void;
}

/** A bar for a single file, one line for several together. */
export function displayOf(output: Output, doing: string, items: readonly Sized[]): Display {
  if (items.length !== 1) {
    const bytes = items.reduce((sum, { size }) => sum + size, 0);
    const overall = overallProgress(output, doing, { files: items.length, bytes });
    return { file: ({ size }) => overall.file(size), end: () => overall.end() };
  }
  return {
    file: ({ filename, size }) => ({
      ...progressOf(output, filename, size),
      done: () => undefined,
    }),
    end: () => undefined,
  };
}

/** What the service says of each file. */
export interface Checked {
  readonly items: readonly HashedItem[];
  /** Undefined if the server is of an older release, which checks no names. */
  readonly verdicts: ReadonlyMap<HashedItem, Verdict> | undefined;
  readonly problems: readonly NameProblem[];
}

/** Why a file can't have its name. */
interface NameProblem extends Problem {
  readonly why: string;
}

/** Asks the service about every file. @throws Fault (misuse) if an older server needs other names */
export async function checkAll(
  session: Session,
  versionId: string,
  items: readonly HashedItem[],
): Promise<Checked> {
  const verdicts = await checkNames(session, versionId, items);
  if (verdicts === undefined)
    return { items: withOldNames(items), verdicts: undefined, problems: [] };
  const problems: NameProblem[] = [];
  const byItem = new Map<HashedItem, Verdict>();
  for (const [index, item] of items.entries()) {
    const verdict = verdicts[index];
    if (verdict === undefined) continue;
    byItem.set(item, verdict);
    if (verdict.verdict === 'taken' || verdict.verdict === 'invalid')
      problems.push(await problemOf(session, versionId, item, verdict));
  }
  return { items, verdicts: byItem, problems };
}

async function problemOf(
  session: Session,
  versionId: string,
  { path, filename }: HashedItem,
  verdict: Verdict,
): Promise<NameProblem> {
  const isTaken = verdict.verdict === 'taken';
  const code = isTaken
    ? (verdict.code ?? (await codeOfTaken(session, versionId, verdict)))
    : 'INVALID_INPUT';
  const why =
    code === 'UPLOAD_IN_PROGRESS'
      ? 'an upload of other bytes is under way under this name'
      : (verdict.detail ?? 'the service names no reason');
  const name = path.endsWith(filename) ? path : `${path} as ${filename}`;
  const is = code === 'SEALED' ? "can't be added" : `is ${verdict.verdict}`;
  const message = `${name} ${is}: ${why}`;
  const { packageId } = verdict;
  const target = packageId === undefined ? undefined : `${versionId}/${packageId}`;
  const { hint } = explain(new StowageError(code, message), { target });
  return { path, code, message, hint, why };
}
