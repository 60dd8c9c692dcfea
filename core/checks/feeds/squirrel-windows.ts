/** Squirrel.Windows: the file `RELEASES`, a line `SHA1 filename size` per package. */
import type { CheckResult } from '../../checked.ts';
import { NamedFiles } from '../files/named-files.ts';
import { counted, Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { readText, withoutBom } from '../parsing/text.ts';
import { compareVersions, newestOf } from './version-order.ts';

/** As Squirrel reads it, after comments were taken away. */
const LINE = /^([0-9a-fA-F]{40})\s+(\S+)\s+(\d+)$/;
const ENTRY_CHARS_MAX = 4096;
const VERSION = /-(\d+(?:\.\d+)*(?:-[0-9A-Za-z.-]+?)?)-(?:full|delta)\.nupkg/i;

export async function checkSquirrelReleases(
  files: VersionFiles,
  file: VersionFile,
): Promise<readonly CheckResult[]> {
  const findings = new Findings('squirrel-windows', file.filename);
  const text = await readText(files, file, findings);
  if (text === undefined) return findings.results('');
  const entries = withoutBom(text)
    .split('\n')
    .map((raw, at) => ({
      line: at + 1,
      text: (raw.split('#', 1)[0] ?? '').trim().slice(0, ENTRY_CHARS_MAX),
    }))
    .filter((one) => one.text !== '');
  if (entries.length === 0) findings.fail(1, 'names no package; a line is "SHA1 filename size"');
  const versions = entries.flatMap(({ text: entry }) => VERSION.exec(entry)?.[1] ?? []);
  const newest = newestOf(versions);
  const named = new NamedFiles(files, findings);
  for (const { line, text: entry } of entries) {
    const [, sha1, name, size] = LINE.exec(entry) ?? [];
    if (sha1 === undefined || name === undefined) {
      findings.fail(
        line,
        'is no line "SHA1 filename size", with 40 hex digits and a number of bytes',
      );
      continue;
    }
    const version = VERSION.exec(name)?.[1];
    const isOlder = version !== undefined && compareVersions(version, newest) < 0;
    const found = await named.find({ name, line, isOlder });
    if (found !== undefined) await named.compare(found, line, { size: Number(size), sha1 });
  }
  return findings.results(`${counted(named.count, 'file is', 'files are')} as the feed says`);
}
