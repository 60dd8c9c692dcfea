/** Helm's `index.yaml` of a classic chart repository. */
import type { CheckResult } from '../../checked.ts';
import { NamedFiles } from '../files/named-files.ts';
import { counted, Findings } from '../files/results.ts';
import type { VersionFile, VersionFiles } from '../files/version-files.ts';
import { readParsed } from '../parsing/text.ts';
import { describe, field, type Node, textOf } from '../parsing/tree.ts';
import { parseYaml } from '../parsing/yaml-text.ts';
import { compareVersions, newestOf } from './version-order.ts';

export async function checkHelmIndex(
  files: VersionFiles,
  file: VersionFile,
): Promise<readonly CheckResult[]> {
  const findings = new Findings('helm', file.filename);
  const root = await readParsed(files, file, findings, parseYaml);
  if (root === undefined) return findings.results('');
  const [apiVersion, charts] = ['apiVersion', 'entries'].map((key) => field(root, key));
  if (apiVersion === undefined && charts === undefined) {
    findings.skip(undefined, 'has no entries, so it is no index of Helm, and was not checked');
    return findings.results('is YAML');
  }
  if (textOf(apiVersion) !== 'v1')
    findings.fail(
      apiVersion?.line ?? root.line,
      `has the apiVersion ${describe(apiVersion)}; expected "v1"`,
    );
  if (charts?.kind !== 'map') {
    findings.fail(
      charts?.line ?? root.line,
      `has ${describe(charts)} as entries; expected charts by name`,
    );
    return findings.results('');
  }
  const named = new NamedFiles(files, findings);
  for (const [name, chart] of charts.entries) await checkChart(named, findings, name, chart);
  return findings.results(`${counted(named.count, 'chart is', 'charts are')} as the index says`);
}

async function checkChart(
  named: NamedFiles,
  findings: Findings,
  name: string,
  chart: Node,
): Promise<void> {
  if (chart.kind !== 'list') {
    findings.fail(
      chart.line,
      `has ${describe(chart)} as versions of the chart ${name}; expected a list`,
    );
    return;
  }
  const versions = chart.items.map((item) => textOf(field(item, 'version')) ?? '');
  const newest = newestOf(versions);
  for (const [at, item] of chart.items.entries()) {
    const [digest, urls] = ['digest', 'urls'].map((key) => field(item, key));
    const version = versions[at] ?? '';
    if (version === '') findings.fail(item.line, `has no version of the chart ${name}`);
    if (urls?.kind !== 'list' || urls.items.length === 0) {
      findings.fail(
        urls?.line ?? item.line,
        `has ${describe(urls)} as urls of ${name} ${version}; expected a list of addresses`,
      );
      continue;
    }
    for (const url of urls.items) {
      const address = textOf(url) ?? '';
      const isOlder = compareVersions(version, newest) < 0;
      const file = await named.find({ name: address, line: url.line, isOlder });
      if (file === undefined || digest === undefined) continue;
      const sha256 = (textOf(digest) ?? '').replace(/^sha256:/, '');
      await named.compare(file, digest.line, { sha256 });
    }
  }
}
