/**
 * Finds the server that left its address in a storage folder, and decides whether to trust it. The
 * folder may come from a cloned repository or belong to another user. So nothing is sent before it
 * is clear that a server of this user runs on the folder.
 */

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join, sep } from 'node:path';
import { OWN_FOLDER } from '../../core/layout.ts';

/** What a folder says about its server. */
export interface FoundServer {
  /** Where it was searched. */
  readonly urlFile: string;
  readonly tokenFile: string;
  /** As in the file; undefined if no server left one. */
  readonly url: string | undefined;
  /**
   * Why neither URL nor token is used: the end of a sentence that begins with the name of the file.
   */
  readonly refusal: string | undefined;
  /** Whether a server ran there that has ended. */
  readonly hasEnded: boolean;
}

const ROOT = 0;
const WRITABLE_BY_OTHERS = 0o022;
const MOST_BYTES = 4096;

/** @param userId undefined on Windows, which has none */
export function findServer(storagePath: string, userId: number | undefined): FoundServer {
  const folder = join(storagePath, OWN_FOLDER);
  const urlFile = join(folder, 'server.json');
  const places = { urlFile, tokenFile: join(folder, 'admin-token') };
  const { url, pid } = addressIn(readOwnFile(urlFile));
  if (url === undefined) return { ...places, url, refusal: undefined, hasEnded: false };
  const owner = ownerOf(folder, userId);
  if (owner.refusal !== undefined)
    return { ...places, url, refusal: owner.refusal, hasEnded: false };
  if (!isLoopback(url)) {
    return {
      ...places,
      url,
      refusal: `names ${url}, which is not on this machine`,
      hasEnded: false,
    };
  }
  const fault = processFault(pid, folder, owner.userId);
  const refusal = fault === undefined ? undefined : `names process ${pid}, which ${fault}`;
  return { ...places, url, refusal, hasEnded: fault !== undefined };
}

/**
 * The token beside a server.
 * @returns undefined if there is none that we may read, or if it is no regular file
 */
export function readTokenOf({ tokenFile }: FoundServer): string | undefined {
  return readOwnFile(tokenFile)?.trim();
}

/** The file holds no URL while a server writes it, or after it was killed while writing. */
function addressIn(text: string | undefined): {
  readonly url: string | undefined;
  readonly pid: number;
} {
  const url = /"url":\s*"(https?:\/\/[^"\\]+)"/.exec(text ?? '')?.[1];
  const pid = Number(/"pid":\s*(\d{1,10})\b/.exec(text ?? '')?.[1] ?? 0);
  return { url: url !== undefined && URL.canParse(url) ? url : undefined, pid };
}

/** Whether the folder belongs to the user or to root, and no other user can change it. */
function ownerOf(folder: string, userId: number | undefined) {
  const look = lstatSync(folder);
  const because = (refusal: string) => ({ refusal, userId: look.uid });
  if (look.isSymbolicLink()) return because(`is not used: ${folder} is a link`);
  if (userId === undefined) return { refusal: undefined, userId };
  if (look.uid !== userId && look.uid !== ROOT)
    return because(`is not used: ${folder} belongs to another user`);
  if ((look.mode & WRITABLE_BY_OTHERS) !== 0)
    return because(`is not used: other users can write ${folder}`);
  return { refusal: undefined, userId: look.uid };
}

/** @returns the reason not to trust that this process is the folder's server, if there is one */
function processFault(
  pid: number,
  folder: string,
  ownerId: number | undefined,
): string | undefined {
  const fault = signalFault(pid);
  const files = join('/proc', String(pid), 'fd');
  const processOwner = statIfThere(files)?.uid;
  // Without /proc, the signal is the only check.
  if (fault !== undefined || processOwner === undefined || ownerId === undefined) return fault;
  if (processOwner !== ownerId) return 'belongs to another user';
  return holdsFileIn(files, realpathSync(folder)) ? undefined : 'does not use that folder';
}

/** A process accepts signals only from its own user and from root. */
function signalFault(pid: number): string | undefined {
  if (pid === 0) return 'does not run';
  try {
    process.kill(pid, 0);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
      ? 'belongs to another user'
      : 'does not run';
  }
}

/**
 * A server keeps its lock file open while it runs. If its process id was reused, the new process
 * does not have that file open.
 */
function holdsFileIn(files: string, folder: string): boolean {
  return namesIn(files).some((name) => {
    try {
      return readlinkSync(join(files, name)).startsWith(folder + sep);
    } catch {
      // The file was closed meanwhile.
      return false;
    }
  });
}

/** None for a process that has just ended, or whose files we may not list. */
function namesIn(files: string): readonly string[] {
  try {
    return readdirSync(files);
  } catch {
    return [];
  }
}

function statIfThere(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** The text of a small file. Follows no link, because it could lead to any file of the user. */
function readOwnFile(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
    const look = fstatSync(file);
    return look.isFile() && look.size <= MOST_BYTES ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Whether the URL leads to this machine, in any network. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.has(new URL(url).hostname);
}

/** Whether two URLs lead to the same service. All loopback names of this machine count as equal. */
export function sameService(left: string, right: string): boolean {
  if (!URL.canParse(left) || !URL.canParse(right)) return false;
  const [a, b] = [new URL(left), new URL(right)];
  const sameHost =
    a.host === b.host || (isLoopback(left) && isLoopback(right) && a.port === b.port);
  return a.protocol === b.protocol && sameHost;
}
