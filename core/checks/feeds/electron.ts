/** electron-updater's feeds: `latest.yml`, `latest-mac.yml`, `beta-linux-arm64.yml`. */
import type { CheckResult } from '../../checked.ts';
import { NamedFiles } from '../files/named-files.ts';
import { counted, Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { readParsed } from '../parsing/text.ts';
import { describe, field, type Node, textOf } from '../parsing/tree.ts';
import { parseYaml } from '../parsing/yaml-text.ts';

const SEMVER = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;
/** Names that electron-builder gives; any other .yml file is a feed if it looks like one. */
const USUAL = /^(?:latest|beta|alpha)(?:-(?:mac|linux)(?:-[a-z0-9]+)?)?\.yml$/;
/** Installers whose block map is a file of its own. */
const WITH_BLOCKMAP = /\.(?:exe|zip)$/i;

/** @param isNamed the channel says that this file is a feed */
export async function checkElectronFeed(
  files: VersionFiles,
  file: VersionFile,
  isNamed: boolean,
): Promise<readonly CheckResult[]> {
  const findings = new Findings('electron', file.filename);
  const isFeed = isNamed || USUAL.test(file.filename);
  const root = await readParsed(files, file, findings, parseYaml);
  if (root === undefined) return isFeed ? findings.results('') : [];
  const looksLikeFeed =
    field(root, 'version') !== undefined &&
    (field(root, 'files') !== undefined || field(root, 'path') !== undefined);
  if (!isFeed && !looksLikeFeed) return [];
  return await check(files, root, findings);
}

async function check(
  files: VersionFiles,
  root: Node,
  findings: Findings,
): Promise<readonly CheckResult[]> {
  const named = new NamedFiles(files, findings);
  const version = field(root, 'version');
  const said = textOf(version);
  if (said === undefined || !SEMVER.test(said))
    findings.fail(
      version?.line ?? root.line,
      `has the version ${describe(version)}; electron-updater needs three numbers as in 1.4.0`,
    );
  const list = field(root, 'files');
  const items = list?.kind === 'list' ? list.items : [];
  if (list !== undefined && list.kind !== 'list')
    findings.fail(list.line, `has ${describe(list)} as files; expected a list`);
  if (items.length === 0 && field(root, 'path') === undefined)
    findings.fail(root.line, 'names no file: it has neither files nor path');
  for (const item of items) await checkEntry(files, named, findings, item, field(item, 'url'));
  const path = field(root, 'path');
  if (path !== undefined) await checkEntry(files, named, findings, root, path);
  return findings.results(
    `version ${said}: ${counted(named.count, 'file is', 'files are')} as the feed says`,
  );
}

async function checkEntry(
  files: VersionFiles,
  named: NamedFiles,
  findings: Findings,
  entry: Node,
  url: Node | undefined,
): Promise<void> {
  const name = textOf(url);
  if (name === undefined || name === '') {
    findings.fail(url?.line ?? entry.line, `has ${describe(url)} as url; expected a filename`);
    return;
  }
  const [sha512, sha2, size] = ['sha512', 'sha2', 'size'].map((key) => field(entry, key));
  if (sha512 === undefined && sha2 === undefined)
    findings.fail(
      url?.line,
      `says neither sha512 nor sha2 of ${name}; electron-updater refuses it`,
    );
  if (size !== undefined && !/^\d+$/.test(textOf(size) ?? ''))
    findings.fail(size.line, `has ${describe(size)} as size of ${name}; expected a number`);
  const file = await named.find({ name, line: url?.line });
  if (file === undefined) return;
  const bytes = textOf(size);
  if (bytes !== undefined && /^\d+$/.test(bytes))
    await named.compare(file, size?.line, { size: Number(bytes) });
  if (sha512 !== undefined)
    await named.compare(file, sha512.line, { sha512: textOf(sha512) ?? '' });
  if (sha2 !== undefined) await named.compare(file, sha2.line, { sha256: textOf(sha2) ?? '' });
  const blockmap = `${file.filename}.blockmap`;
  const isEmbedded = field(entry, 'blockMapSize') !== undefined;
  if (WITH_BLOCKMAP.test(file.filename) && !isEmbedded && !files.files.has(blockmap))
    findings.skip(
      url?.line,
      `version ${files.versionId} has no ${blockmap}, so clients download ${file.filename} whole; publish it for differential updates`,
    );
}
