/** `stowage rm`: deletes packages for good, and abandons uploads. */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { itemsOf } from '../../client/pages.ts';
import type { PackageBody } from '../../client/stowage-client.ts';
import { isStowageError } from '../../client/stowage-error.ts';
import { likelyIds } from '../../core/naming/package-ids.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { fileOf, findPackage, isCalled, packageIfThere } from '../command/find-package.ts';
import { isUnknownRoute } from '../command/newer-service.ts';
import { type FileTarget, parseFileTarget, parseVersion } from '../command/targets.ts';
import { Fault, failure, misuse } from '../output/fault.ts';

interface Flags extends RemoteFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
}

const NOTES = `
What the feed of a channel names is not deleted without --force: clients that read the feed ask for it.
A deleted name stays taken: nothing else is ever published under it. An upload that has not been published is given up instead, and
its name is free again. With --json: one line a file, {versionId, packageId, ext, outcome: "deleted" | "given-up"}.`;

export function addRm(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('rm'))
    .description('delete a file, or all files of a version')
    .argument('<target>', 'VERSION/FILE, or VERSION for all that is in it; a package id works, too')
    .option('--yes', 'do not ask before a whole version is deleted')
    .option('--force', 'also what feeds of channels name')
    .addHelpText('after', NOTES)
    .action((text: string, flags: Flags) =>
      inSession(
        cli,
        flags,
        (session) =>
          text.includes('/')
            ? removeOne(session, parseFileTarget(text), flags)
            : removeVersion(cli, session, parseVersion(text), flags),
        { target: text },
      ),
    );
}

async function removeOne(session: Session, target: FileTarget, flags: Flags): Promise<void> {
  let found: PackageBody;
  try {
    found = await findPackage(session, target);
  } catch (error) {
    const isGone = error instanceof Fault && error.code === 'NOT_FOUND';
    const deleted = isGone ? await deleteAgain(session, target) : undefined;
    if (deleted === undefined) throw error;
    return report(session, deleted, 'deleted');
  }
  await remove(session, found, flags);
}

/**
 * The service shows no deleted package; deleting it again shows whether it is one. Only ids under
 * which nothing is shown are tried, so that nothing else is deleted.
 */
async function deleteAgain(
  session: Session,
  { versionId, name }: FileTarget,
): Promise<PackageBody | undefined> {
  const { client, signal } = session;
  for (const packageId of likelyIds(name)) {
    if ((await packageIfThere(session, versionId, packageId)) !== undefined) continue;
    try {
      const deleted = await client.deletePackage(versionId, packageId, { signal });
      if (isCalled(deleted, name) || deleted.packageId === name) return deleted;
    } catch (error) {
      if (!isStowageError(error, 'NOT_FOUND')) throw error;
    }
  }
  return undefined;
}

async function removeVersion(
  cli: Cli,
  session: Session,
  versionId: string,
  flags: Flags,
): Promise<void> {
  const { client, output, signal } = session;
  const found = await itemsOf(client.listPackages(versionId, { limit: 1000, signal }));
  if (found.length === 0) {
    if (!output.json) output.line(`version ${versionId} has no files`);
    return;
  }
  if (flags.yes !== true) await confirm(cli, versionId, found.length, signal);
  const published = found.filter(isPublished);
  if (published.length > 1 && (await removeAtOnce(session, versionId, flags))) {
    for (const one of published) report(session, one, 'deleted');
  } else for (const one of published) await remove(session, one, flags);
  for (const one of found) if (!isPublished(one)) await remove(session, one, flags);
}

/**
 * Deletes all published files by one request, which is one path for a CDN that bills each.
 * @returns false if the service is of an earlier release
 */
async function removeAtOnce(
  { client, signal }: Session,
  versionId: string,
  { force }: Flags,
): Promise<boolean> {
  try {
    await client.deleteVersion(versionId, { signal, force });
    return true;
  } catch (error) {
    if (isUnknownRoute(error)) return false;
    throw error;
  }
}

function isPublished({ state }: PackageBody): boolean {
  return state === 'available' || state === 'yanked';
}

async function remove(session: Session, found: PackageBody, { force }: Flags): Promise<void> {
  const { client, signal } = session;
  const { versionId, packageId } = found;
  if (isPublished(found)) {
    const deleted = await client.deletePackage(versionId, packageId, { signal, force });
    report(session, deleted, 'deleted');
  } else {
    await client.abortUpload(versionId, packageId, { signal });
    report(session, found, 'given-up');
  }
}

async function confirm(
  { stderr }: Cli,
  versionId: string,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const what = `all ${count} files of version ${versionId}`;
  if (!process.stdin.isTTY)
    throw misuse(`this would delete ${what}`, 'say --yes to do it without being asked');
  const prompt = createInterface({ input: process.stdin, output: stderr });
  try {
    const answer = await prompt.question(`Delete ${what}? Their names stay taken. [y/N] `, {
      signal,
    });
    if (!/^y(?:es)?$/i.test(answer.trim())) throw failure('DECLINED', 'nothing was deleted');
  } finally {
    prompt.close();
  }
}

function report({ output }: Session, removed: PackageBody, outcome: 'deleted' | 'given-up'): void {
  const { versionId, packageId, ext } = removed;
  output.document({ versionId, packageId, ext, outcome });
  output.line(
    `${fileOf(removed)}: ${outcome === 'deleted' ? 'deleted' : 'its upload was given up; the name is free'}`,
  );
}
