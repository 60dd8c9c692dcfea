/** `stowage verify-release`: compares a sealed version, and files of it, with its signed statement. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { parseVersion } from '../command/targets.ts';
import { failure } from '../output/fault.ts';
import { safeFilename } from '../pull/safe-filename.ts';
import type { SealedFiles } from '../sealed/read-statement.ts';

const NOTES = `
  stowage verify-release 1.4.0 --key release.pem              what the service has
  stowage verify-release 1.4.0 --key release.pem --dir dist   the files in a folder, too

--key is a file with the public keys of the service, from a place that you trust. Without it, the keys are those that the service
itself names, so that the service is trusted.
Exit code 1 where a file has other bytes than the statement says, or is not in it. A file that was yanked or deleted since is named.
With --json: {versionId, files, withdrawn: [...], verified: [files of the folder], wrong: [{file, detail}]}.`;

interface Flags extends RemoteFlags {
  readonly key?: string;
  readonly dir?: string;
}

interface Wrong {
  readonly file: string;
  readonly detail: string;
}

export function addVerifyRelease(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('verify-release'))
    .description('verify a sealed version by its signed statement')
    .argument('<version>')
    .option('--key <file>', 'the public keys that may have signed it, in PEM')
    .option('--dir <folder>', 'also verify the files of the version in this folder')
    .addHelpText('after', NOTES)
    .action((version: string, flags: Flags) =>
      inSession(cli, flags, (session) => verifyRelease(session, parseVersion(version), flags), {
        token: 'optional',
        target: version,
      }),
    );
}

async function verifyRelease(session: Session, versionId: string, flags: Flags): Promise<void> {
  const { sealedFiles } = await import('../sealed/read-statement.ts');
  const { client, output, signal } = session;
  const sealed = await sealedFiles(session, versionId, flags.key);
  const wrong: Wrong[] = [];
  const left = new Set(sealed.keys());
  for await (const { filename, sha256 } of client.listPublicFiles(versionId, { signal })) {
    left.delete(filename);
    wrong.push(...faultOf(sealed, filename, sha256));
  }
  const verified: string[] = [];
  for (const file of flags.dir === undefined ? [] : sealed.keys()) {
    const path = join(flags.dir ?? '', safeFilename(file, { takesAny: true }));
    if (!existsSync(path)) continue;
    const faults = faultOf(sealed, file, await sha256Of(path, signal));
    wrong.push(...faults);
    if (faults.length === 0) verified.push(file);
  }
  const withdrawn = [...left];
  output.document({ versionId, files: sealed.size, withdrawn, verified, wrong });
  for (const file of verified) output.line(`${file}: verified`);
  for (const file of withdrawn) output.line(`${file}: was yanked or deleted after the seal`);
  const [first] = wrong;
  if (first === undefined) {
    const files = sealed.size === 1 ? 'its file' : `all ${sealed.size} files`;
    output.line(`${versionId}: the statement is right about ${files}`);
    return;
  }
  const others = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : '';
  throw failure('INTEGRITY', `${first.file}: ${first.detail}${others}`, {
    hint: 'do not use this file: it is not what was released',
  });
}

/** Of the file that has this SHA-256. */
function faultOf(sealed: SealedFiles, file: string, sha256: string): readonly Wrong[] {
  const expected = sealed.get(file);
  if (expected === sha256) return [];
  const detail =
    expected === undefined
      ? 'is not in the statement'
      : `has the SHA-256 ${sha256}, and the statement says ${expected}`;
  return [{ file, detail }];
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { signal })) hash.update(piece as Buffer);
  return hash.digest('hex');
}
