/** Decides which files to pull, and where to write them. */
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { LinkBody, StowageClient } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import { parseFile, parseVersion } from '../command/targets.ts';
import { failure, misuse } from '../output/fault.ts';
import { safeFilename } from './safe-filename.ts';

/** A file in the service: `{packageId}.{ext}` of a version. */
interface RemoteFile {
  readonly versionId: string;
  readonly file: string;
}

export interface PullItem extends RemoteFile {
  readonly link: LinkBody;
  /** Where the file will be written. */
  readonly path: string;
}

interface Listed {
  readonly versionId: string;
  readonly files: readonly string[];
}

export interface PlanOptions {
  readonly channel?: string | undefined;
  readonly folder: string;
  /** Also accept names that are hidden, look like options, or hold invisible characters. */
  readonly takesAnyName: boolean;
  readonly signal: AbortSignal;
}

const LINKS_AT_A_TIME = 8;

/** @throws Fault, StowageError */
export async function planPull(
  client: StowageClient,
  targets: readonly string[],
  options: PlanOptions,
): Promise<readonly PullItem[]> {
  const { channel, folder, signal, takesAnyName: takesAny } = options;
  const remote =
    channel === undefined
      ? await filesOfTargets(client, targets, signal)
      : await filesOfChannel(client, channel, targets, signal);
  const limit = pLimit(LINKS_AT_A_TIME);
  const items = await limit.map(remote, async ({ versionId, file }) => {
    const link = await client.link(versionId, file, { signal });
    return { versionId, file, link, path: join(folder, safeFilename(link.filename, { takesAny })) };
  });
  requireApart(items);
  return items;
}

async function filesOfTargets(
  client: StowageClient,
  targets: readonly string[],
  signal: AbortSignal,
) {
  if (targets.length === 0)
    throw misuse('say what to pull: VERSION, VERSION/FILE or --channel CHANNEL');
  const found: RemoteFile[] = [];
  for (const target of targets) {
    const slash = target.indexOf('/');
    const versionId = parseVersion(slash < 0 ? target : target.slice(0, slash));
    const wanted = slash < 0 ? undefined : target.slice(slash + 1);
    const list = () => filesOfVersion(client, versionId, signal);
    found.push(...(await filesWanted(versionId, wanted, list)));
  }
  return found;
}

async function filesOfChannel(
  client: StowageClient,
  channel: string,
  targets: readonly string[],
  signal: AbortSignal,
): Promise<readonly RemoteFile[]> {
  const { packageId: name } = parseFile(channel);
  const { versionId, packages } = await channelNamed(client, name, signal);
  const listed = { versionId, files: packages.map(({ packageId, ext }) => `${packageId}.${ext}`) };
  if (targets.length === 0) return allOf(listed);
  const found = targets.map((target) => {
    if (target.includes('/'))
      throw misuse(`with --channel, name files without their version, got ${target}`);
    return filesWanted(versionId, target, async () => listed);
  });
  return (await Promise.all(found)).flat();
}

async function channelNamed(client: StowageClient, name: string, signal: AbortSignal) {
  try {
    return await client.getChannel(name, { signal });
  } catch (error) {
    if (!isStowageError(error, 'NOT_FOUND')) throw error;
    const { message, requestId } = error;
    const hint = 'see what there is with: stowage channel ls';
    throw failure('NOT_FOUND', message, { hint, requestId, cause: error });
  }
}

async function filesOfVersion(
  client: StowageClient,
  versionId: string,
  signal: AbortSignal,
): Promise<Listed> {
  const sums = await client.getSums(versionId, { signal });
  return { versionId, files: sums.map(({ file }) => file) };
}

/** All files, or the named one, with or without its ext. */
async function filesWanted(
  versionId: string,
  wanted: string | undefined,
  list: () => Promise<Listed>,
): Promise<readonly RemoteFile[]> {
  if (wanted === undefined) return allOf(await list());
  const { packageId, ext } = parseFile(wanted);
  if (ext !== undefined) return [{ versionId, file: wanted }];
  const { files } = await list();
  const file = files.find((name) => name.startsWith(`${packageId}.`));
  if (file !== undefined) return [{ versionId, file }];
  throw failure('NOT_FOUND', `version ${versionId} has no available package ${packageId}`, {
    hint: `see what there is with: stowage ls ${versionId}`,
  });
}

function allOf({ versionId, files }: Listed): readonly RemoteFile[] {
  if (files.length > 0) return files.map((file) => ({ versionId, file }));
  throw failure('NOT_FOUND', `version ${versionId} has no available packages`);
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
          `${other.versionId}/${other.file} and ${item.versionId}/${item.file} would both be written to ${path}`,
          { hint: 'pull them one by one, into different folders, with --out' },
        );
      }
      taken.set(spelling, item);
    }
  }
}

/**
 * Where a file is written until it is proven. The name holds the beginning of its digest, so that
 * another version is written elsewhere. With the longest filename of 240 bytes it has 254 bytes;
 * file systems accept 255.
 */
export function partPath({ path, link }: PullItem): string {
  return `${path}.${link.sha256.slice(0, 8)}.part`;
}

/** The lock for writing to the part file. */
export function lockPath({ path, link }: PullItem): string {
  return `${path}.${link.sha256.slice(0, 8)}.lock`;
}
