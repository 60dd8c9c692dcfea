/** Turns the arguments of a push into files: files, the files of folders, and globs. */
import { globSync, type Stats, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

export interface FoundFiles {
  /** Each file once, in the order of the arguments; those of a folder or a glob by name. */
  readonly paths: readonly string[];
  /** By path. */
  readonly sizes: ReadonlyMap<string, number>;
  /** What was left out, and why. */
  readonly notes: readonly string[];
  /** Arguments that lead to no file that can be pushed. */
  readonly problems: readonly Problem[];
}

/** Why a file can't be pushed. */
export interface Problem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

const GLOB = /[*?[{]/;

/** Looks at the file system only; checks that every file exists, is a file, and is not empty. */
export async function findFiles(words: readonly string[]): Promise<FoundFiles> {
  const paths = new Map<string, string>();
  const notes: string[] = [];
  const problems: Problem[] = [];
  const sizes = new Map<string, number>();
  for (const word of words) {
    const { files, leftOut } = await filesOf(word);
    if (leftOut.length > 0) notes.push(`${word}: left out ${listSome(leftOut)}`);
    if (files.length === 0) problems.push(nothingAt(word));
    for (const path of files) {
      if (paths.has(resolve(path))) continue;
      paths.set(resolve(path), path);
      const look = lookAt(path);
      const problem = problemOf(path, look);
      if (problem !== undefined) problems.push(problem);
      sizes.set(path, look?.size ?? 0);
    }
  }
  return { paths: [...paths.values()], sizes, notes, problems };
}

interface Found {
  readonly files: readonly string[];
  /** Names, with what they are. */
  readonly leftOut: readonly string[];
}

async function filesOf(word: string): Promise<Found> {
  const look = lookAt(word);
  if (look?.isDirectory()) {
    const names = (await readdir(word)).sort();
    return sortPaths(
      names.map((name) => join(word, name)),
      { withDotfiles: false },
    );
  }
  // A file whose name holds a `*` is meant by that name.
  if (look !== undefined || !GLOB.test(word)) return { files: [word], leftOut: [] };
  return sortPaths(globSync(word).sort(), { withDotfiles: basename(word).startsWith('.') });
}

function sortPaths(paths: readonly string[], { withDotfiles }: { withDotfiles: boolean }): Found {
  const files: string[] = [];
  const leftOut: string[] = [];
  for (const path of paths) {
    const name = basename(path);
    if (name.startsWith('.') && !withDotfiles) leftOut.push(`${name} (a dotfile)`);
    else if (lookAt(path)?.isDirectory()) leftOut.push(`${name} (a folder)`);
    else files.push(path);
  }
  return { files, leftOut };
}

function nothingAt(word: string): Problem {
  return lookAt(word)?.isDirectory()
    ? {
        path: word,
        code: 'MISUSE',
        message: `folder ${word} holds no files to push`,
        hint: 'only its own files are pushed, without those of folders in it and without dotfiles',
      }
    : { path: word, code: 'NOT_FOUND', message: `no file matches ${word}` };
}

/** @returns undefined if it is a file that is not empty */
function problemOf(path: string, look: Stats | undefined): Problem | undefined {
  if (look === undefined) return { path, code: 'NOT_FOUND', message: `there is no file ${path}` };
  if (!look.isFile()) return { path, code: 'MISUSE', message: `${path} is not a file` };
  if (look.size > 0) return undefined;
  const message = `${path} is empty: a package has at least 1 byte`;
  return { path, code: 'INVALID_INPUT', message };
}

function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

const LISTED = 5;

function listSome(names: readonly string[]): string {
  const more = names.length - LISTED;
  return `${names.slice(0, LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
