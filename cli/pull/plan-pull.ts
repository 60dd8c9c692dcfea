/** Decides which files to pull, and where to write them. */
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import pLimit from 'p-limit';
import type { DownloadPlace } from '../../client/download.ts';
import type { LinkBody, PackageBody } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import type { Session } from '../command/cli.ts';
import { findPackage, isCalled, nameOf } from '../command/find-package.ts';
import { parseChannel, parseName, parseVersion } from '../command/targets.ts';
import { Fault, failure, misuse } from '../output/fault.ts';
import { safeFilename } from './safe-filename.ts';

/** A file in the service. */
interface RemoteFile {
  /** Unknown for a file of an earlier version that a channel remembers. */
  readonly versionId: string | undefined;
  /** Its filename or its alias: a name that its stable link may end with. */
  readonly file: string;
  /** Set where the file is fetched through a channel: its version may need a token. */
  readonly channel?: string | undefined;
  /** As the channel listed it, or as the first link said. */
  readonly sha256?: string | undefined;
  /** The link that was signed when it was found. */
  readonly link?: LinkBody;
}

export interface PullItem extends RemoteFile {
  readonly link: LinkBody;
  /** Where the file will be written. */
  readonly path: string;
}

/** A file that is not pulled because it was yanked. */
export interface LeftOut extends Pick<RemoteFile, 'versionId' | 'channel' | 'file'> {
  readonly reason: string | undefined;
}

export interface PullPlan {
  readonly items: readonly PullItem[];
  readonly leftOut: readonly LeftOut[];
}

export interface PlanOptions {
  readonly channel?: string | undefined;
  readonly folder: string;
  /** Also accept names that are hidden, look like options, or hold invisible characters. */
  readonly takesAnyName: boolean;
  /** Leave out yanked files that were named one by one, too. */
  readonly skipsYanked: boolean;
}

interface Found {
  readonly files: readonly RemoteFile[];
  readonly leftOut: readonly LeftOut[];
}

const LINKS_AT_A_TIME = 8;

/** @throws Fault, StowageError */
export async function planPull(
  session: Session,
  targets: readonly string[],
  options: PlanOptions,
): Promise<PullPlan> {
  const { channel, folder, takesAnyName: takesAny, skipsYanked } = options;
  const { files, leftOut } =
    channel === undefined
      ? await filesOfTargets(session, targets)
      : await filesOfChannel(session, parseChannel(channel), targets);
  const limit = pLimit(LINKS_AT_A_TIME);
  const yanked: LeftOut[] = [];
  const items = await limit.map(files, async (file): Promise<PullItem | undefined> => {
    try {
      const link = file.link ?? (await linkOf(session, file));
      const { sha256 } = link;
      return {
        ...file,
        sha256,
        link,
        path: join(folder, safeFilename(link.filename, { takesAny })),
      };
    } catch (error) {
      if (!skipsYanked || !isStowageError(error, 'YANKED')) throw error;
      yanked.push({ ...file, reason: undefined });
      return undefined;
    }
  });
  const planned = items.filter((item) => item !== undefined);
  requireApart(planned);
  return { items: planned, leftOut: [...leftOut, ...yanked] };
}

/**
 * A new link to a file that was found.
 * @throws StowageError; Fault CONFLICT if the channel has other bytes under the name by now
 */
export async function linkOf({ client, signal }: Session, remote: RemoteFile): Promise<LinkBody> {
  const { file, sha256 } = remote;
  const place = placeOf(remote);
  if (place.channel === undefined) return client.link(place.versionId, file, { signal });
  const { channel } = place;
  const link = await client.linkInChannel(channel, file, { signal });
  if (sha256 === undefined || link.sha256 === sha256) return link;
  throw failure('CONFLICT', `channel ${channel} was moved, and its ${file} is another file now`, {
    hint: 'run the same command again',
  });
}

/** Which stable link leads to the file. */
export function placeOf({ versionId = '', channel }: RemoteFile): DownloadPlace {
  return channel === undefined ? { versionId } : { channel };
}

/** `1.4.0/tool.zip`, or `stable/tool.zip` for a file that a channel remembers. */
export function labelOf({ versionId, channel, file }: Omit<RemoteFile, 'link'>): string {
  return `${versionId ?? channel}/${file}`;
}

async function filesOfTargets(session: Session, targets: readonly string[]): Promise<Found> {
  if (targets.length === 0)
    throw misuse('say what to pull: VERSION, VERSION/FILE or --channel CHANNEL');
  const found: Found[] = [];
  for (const target of targets) {
    const slash = target.indexOf('/');
    if (slash < 0) {
      found.push(await filesOfVersion(session, parseVersion(target)));
    } else {
      const versionId = parseVersion(target.slice(0, slash));
      const file = await fileInVersion(session, versionId, parseName(target.slice(slash + 1)));
      found.push({ files: [file], leftOut: [] });
    }
  }
  return {
    files: found.flatMap(({ files }) => files),
    leftOut: found.flatMap(({ leftOut }) => leftOut),
  };
}

/** @throws Fault NOT_FOUND where nothing is available, and nothing was yanked */
async function filesOfVersion(session: Session, versionId: string): Promise<Found> {
  const { client, signal } = session;
  const sums = await client.getSums(versionId, { signal });
  const files = sums.map(({ file }) => ({ versionId, file }));
  return requireSome(versionId, { files, leftOut: await yankedOf(session, versionId) });
}

function requireSome(versionId: string, found: Found): Found {
  if (found.files.length + found.leftOut.length > 0) return found;
  throw failure('NOT_FOUND', `version ${versionId} has no available packages`);
}

/** Public answers hold no yanked files; the list needs a token. */
async function yankedOf(
  { client, connection, signal }: Session,
  versionId: string,
): Promise<readonly LeftOut[]> {
  if (connection.token === undefined) return [];
  const found: LeftOut[] = [];
  for await (const one of client.listPackages(versionId, { limit: 1000, signal }))
    if (one.state === 'yanked')
      found.push({ versionId, file: nameOf(one), reason: one.yankReason });
  return found;
}

/**
 * One file. The service itself finds filenames and aliases; package ids are looked up here.
 */
async function fileInVersion(
  session: Session,
  versionId: string,
  name: string,
): Promise<RemoteFile> {
  const { client, connection, signal } = session;
  try {
    return { versionId, file: name, link: await client.link(versionId, name, { signal }) };
  } catch (error) {
    if (isStowageError(error, 'YANKED')) return { versionId, file: name };
    // A service before 0.2 takes some filenames for malformed aliases.
    if (!isStowageError(error) || !['NOT_FOUND', 'INVALID_INPUT'].includes(error.code)) throw error;
    const found =
      connection.token === undefined
        ? await publicName(session, versionId, name)
        : await findIfThere(session, versionId, name);
    if (found !== undefined) return { versionId, file: found };
    throw failure(
      'NOT_FOUND',
      `version ${versionId} has no available file ${JSON.stringify(name)}`,
      {
        hint: `see what there is with: stowage ls ${versionId}`,
        requestId: error.requestId,
        cause: error,
      },
    );
  }
}

async function findIfThere(
  session: Session,
  versionId: string,
  name: string,
): Promise<string | undefined> {
  let found: PackageBody;
  try {
    found = await findPackage(session, { versionId, name });
  } catch (error) {
    if (error instanceof Fault && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
  if (found.state === 'available' || found.state === 'yanked') return nameOf(found);
  const { state } = found;
  throw failure('NOT_FOUND', `${versionId}/${nameOf(found)} is not available: it is ${state}`);
}

/** Without a token: the public page of the version, or before 0.2 the names in its checksums. */
async function publicName(
  { client, signal }: Session,
  versionId: string,
  name: string,
): Promise<string | undefined> {
  try {
    const packages = client.listPublicFiles(versionId, { limit: 1000, signal });
    for await (const one of packages) if (one.packageId === name) return nameOf(one);
    return undefined;
  } catch (error) {
    if (!isStowageError(error, 'NOT_FOUND')) throw error;
  }
  const sums = await client.getSums(versionId, { signal });
  return sums.find(({ file }) => file.startsWith(`${name}.`))?.file;
}

async function filesOfChannel(
  session: Session,
  channel: string,
  targets: readonly string[],
): Promise<Found> {
  const { versionId, packages } = await channelNamed(session, channel);
  const remote = (one: (typeof packages)[number]): RemoteFile => {
    const file = nameOf(one);
    // The files of a public channel are reached without a token below the channel alone.
    const isBelow = URL.parse(one.url)?.pathname.startsWith('/channels/') === true;
    return { versionId, file, ...(isBelow && { channel, sha256: one.sha256 }) };
  };
  if (targets.length === 0) {
    const leftOut = await yankedOf(session, versionId);
    return requireSome(versionId, { files: packages.map(remote), leftOut });
  }
  const files = targets.map((target): RemoteFile => {
    if (target.includes('/'))
      throw misuse(`with --channel, name files without their version, got ${target}`);
    const name = parseName(target);
    const found =
      packages.find((one) => isCalled(one, name)) ??
      packages.find(({ packageId }) => packageId === name);
    // A channel also remembers the files of its earlier versions.
    return found === undefined ? { versionId: undefined, file: name, channel } : remote(found);
  });
  return { files, leftOut: [] };
}

async function channelNamed({ client, signal }: Session, name: string) {
  try {
    return await client.getChannel(name, { signal });
  } catch (error) {
    if (!isStowageError(error, 'NOT_FOUND')) throw error;
    const { message, requestId } = error;
    const hint = 'see what there is with: stowage channel ls';
    throw failure('NOT_FOUND', message, { hint, requestId, cause: error });
  }
}

/**
 * Finds two files with one name; also on file systems that treat two spellings as one name, and if
 * the part file of one has the name of another.
 */
function requireApart(items: readonly PullItem[]): void {
  const taken = new Map<string, PullItem>();
  for (const item of items) {
    for (const path of [item.path, partPath(item), lockPath(item)]) {
      const spelling = path.normalize('NFC').toLowerCase();
      const other = taken.get(spelling);
      if (other !== undefined) {
        throw failure(
          'NAME_COLLISION',
          `${labelOf(other)} and ${labelOf(item)} would both be written to ${path}`,
          { hint: 'pull them one by one, into different folders, with --out' },
        );
      }
      taken.set(spelling, item);
    }
  }
}

/**
 * Where a file is written until it is proven. The name holds the beginning of its digest, so that
 * another version is written elsewhere.
 * @param digest other digits, for a file that no other run may continue
 */
export function partPath(
  { path, link }: Pick<PullItem, 'path' | 'link'>,
  digest: string = link.sha256,
): string {
  return placeBeside(path, digest, '.part');
}

/** The lock for writing to the part file. */
export function lockPath({ path, link }: Pick<PullItem, 'path' | 'link'>): string {
  return placeBeside(path, link.sha256, '.lock');
}

/** File systems accept names of 255 bytes. */
const MOST_BYTES = 255;
const DIGITS = 8;

/**
 * `NAME.DIGEST.part`. The end of a long name is left out; the digits then also depend on the whole
 * name, so that two long names with one beginning stay apart.
 */
function placeBeside(path: string, digest: string, end: string): string {
  const name = basename(path);
  const whole = `.${digest.slice(0, DIGITS)}${end}`;
  if (Buffer.byteLength(name + whole) <= MOST_BYTES) return `${path}${whole}`;
  const digits = createHash('sha256').update(`${name}\n${digest}`).digest('hex').slice(0, DIGITS);
  const rest = `.${digits}${end}`;
  let kept = '';
  for (const character of name) {
    if (Buffer.byteLength(kept + character + rest) > MOST_BYTES) break;
    kept += character;
  }
  return join(dirname(path), `${kept}${rest}`);
}
