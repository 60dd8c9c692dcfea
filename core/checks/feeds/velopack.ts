/** Velopack's feeds: `releases.win.json`, `releases.linux.json`. */
import type { CheckResult } from '../../checked.ts';
import { NamedFiles } from '../files/named-files.ts';
import { counted, Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { readParsed } from '../parsing/text.ts';
import { describe, field, type Node, textOf } from '../parsing/tree.ts';
import { parseJson } from '../parsing/yaml-text.ts';
import { compareVersions, newestOf } from './version-order.ts';

export async function checkVelopackFeed(
  files: VersionFiles,
  file: VersionFile,
): Promise<readonly CheckResult[]> {
  const findings = new Findings('velopack', file.filename);
  const root = await readParsed(files, file, findings, parseJson);
  if (root === undefined) return findings.results('');
  const assets = field(root, 'Assets');
  if (assets === undefined) {
    findings.skip(undefined, 'has no Assets, so it is no feed of Velopack, and was not checked');
    return findings.results('is JSON');
  }
  if (assets.kind !== 'list') {
    findings.fail(assets.line, `has ${describe(assets)} as Assets; expected a list`);
    return findings.results('');
  }
  if (assets.items.length === 0)
    findings.fail(assets.line, 'has no Assets, so clients find no version; pack a release first');
  const versions = assets.items.map((asset) => textOf(field(asset, 'Version')) ?? '');
  const newest = newestOf(versions);
  const named = new NamedFiles(files, findings);
  for (const [at, asset] of assets.items.entries())
    await checkAsset(named, findings, asset, compareVersions(versions[at] ?? '', newest) < 0);
  return findings.results(`${counted(named.count, 'file is', 'files are')} as the feed says`);
}

async function checkAsset(
  named: NamedFiles,
  findings: Findings,
  asset: Node,
  isOlder: boolean,
): Promise<void> {
  for (const key of ['PackageId', 'Version', 'Type', 'FileName']) {
    const value = field(asset, key);
    if (!textOf(value))
      findings.fail(value?.line ?? asset.line, `has ${describe(value)} as ${key} of an asset`);
  }
  const filename = field(asset, 'FileName');
  const name = textOf(filename);
  if (name === undefined || name === '') return;
  const [sha256, sha1, size] = ['SHA256', 'SHA1', 'Size'].map((key) => field(asset, key));
  const [sha256Text, sha1Text] = [textOf(sha256), textOf(sha1)];
  if (!sha256Text && !sha1Text)
    findings.fail(filename?.line, `says neither SHA256 nor SHA1 of ${name}; clients refuse it`);
  if (size?.kind !== 'scalar' || typeof size.value !== 'number')
    findings.fail(
      size?.line ?? asset.line,
      `has ${describe(size)} as Size of ${name}; expected a number`,
    );
  const file = await named.find({ name, line: filename?.line, isOlder });
  if (file === undefined) return;
  if (size?.kind === 'scalar' && typeof size.value === 'number')
    await named.compare(file, size.line, { size: size.value });
  if (sha256Text) await named.compare(file, sha256?.line, { sha256: sha256Text });
  if (sha1Text) await named.compare(file, sha1?.line, { sha1: sha1Text });
}
