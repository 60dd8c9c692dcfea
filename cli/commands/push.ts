/** `stowage push`: publishes files. */
import { type Command, Option } from 'commander';
import type { UploadReport } from '../../client/upload.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { eachFile } from '../command/each-file.ts';
import { collected, wholeNumber } from '../command/flags.ts';
import { parseVersion } from '../command/targets.ts';
import { humanSize } from '../output/sizes.ts';
import type { PushItem } from '../push/plan-push.ts';
import type { PushOptions } from '../push/push-file.ts';

interface Flags extends RemoteFlags {
  readonly version: string;
  readonly package?: string;
  readonly ext?: string;
  readonly filename?: string;
  readonly contentType?: string;
  readonly metadata: readonly string[];
  readonly concurrency: number;
  readonly method?: 'single' | 'multipart';
}

const NOTES = `
Run again after a break, it sends only the parts that are missing; pushing the same again does nothing and succeeds.
With --json: one line a file, {file, outcome: "published" | "already-there", package, url, partCount, sentParts, skippedParts,
sentBytes} or {file, error: {code, message, hint?, requestId?}}. What keeps all files from being sent is {error} on stderr.`;

export function addPush(program: Command, cli: Cli): void {
  withRemoteFlags(program.command('push'))
    .description('publish files')
    .argument(
      '<file...>',
      'files; a package is named after its file where --package does not say otherwise',
    )
    .requiredOption('--version <version>', 'version that they belong to, such as 1.4.0')
    .option('--package <id>', 'package id (one file only)')
    .option('--ext <ext>', 'ext, such as tar.gz, if the name of the file does not show it')
    .option('--filename <name>', 'name that downloads get, if not that of the file (one file only)')
    .option('--content-type <type>', 'media type, if it does not follow from the ext')
    .option(
      '--metadata <key=value>',
      'kept with the package; may be given several times',
      collected,
      [],
    )
    .option('--concurrency <n>', 'parts that are sent at a time', wholeNumber(1, 64), 4)
    .addOption(
      new Option('--method <method>', 'one request, or parts').choices(['single', 'multipart']),
    )
    .addHelpText('after', NOTES)
    .action((files: readonly string[], flags: Flags) =>
      inSession(cli, flags, (session) => push(cli, session, files, flags), { isLong: true }),
    );
}

/** These errors would stop the other files too. */
const GENERAL: ReadonlySet<string> = new Set([
  'INTERRUPTED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'UNREACHABLE',
  'BAD_ANSWER',
]);

async function push(
  cli: Cli,
  session: Session,
  files: readonly string[],
  flags: Flags,
): Promise<void> {
  const { parseMetadata, planPush } = await import('../push/plan-push.ts');
  const { pushFile } = await import('../push/push-file.ts');
  const versionId = parseVersion(flags.version);
  const { concurrency, method } = flags;
  const options: PushOptions = {
    versionId,
    metadata: parseMetadata(flags.metadata),
    concurrency,
    method,
  };
  const items = planPush(files, flags);
  await session.reach();
  await eachFile(cli, session, items, {
    run: async (item) => report(session, item, await pushFile(session, item, options)),
    about: ({ path }) => ({ file: path }),
    target: ({ packageId }) => `${versionId}/${packageId}`,
    general: GENERAL,
  });
}

function report({ client, output }: Session, item: PushItem, done: UploadReport): void {
  const { versionId, packageId, ext, size, state } = done.package;
  const file = `${packageId}.${ext}`;
  const url = client.stableUrl(versionId, file);
  output.document({ file: item.path, ...done, url });
  const yanked = state === 'yanked' ? ' (yanked: no one can download it until it is restored)' : '';
  output.line(`${versionId}/${file}: ${whatWasDone(done, size)}${yanked}`);
  output.line(`  ${url}`);
}

function whatWasDone(
  { outcome, partCount, sentParts, skippedParts }: UploadReport,
  size: number,
): string {
  if (outcome === 'already-there') return 'already there';
  if (skippedParts > 0) {
    return `pushed ${humanSize(size)}; ${partCount - skippedParts} of ${partCount} parts were missing, sent ${sentParts}`;
  }
  return partCount > 1
    ? `pushed ${humanSize(size)} in ${partCount} parts`
    : `pushed ${humanSize(size)}`;
}
