/** docs/compatibility.md, as the doctor's reports make it: nothing in it is typed but what explains it. */
import type { Finding } from '../../core/doctor/report.ts';
import type { Column } from './measure.ts';

/** Figures and circumstances of the machine that measures: none of these belongs to a store. */
const LEFT_OUT = new Set([
  'latency',
  'clocks-agree',
  'bucket-answers',
  'signed-requests-arrive',
  'versions',
  'cleared',
]);
const VERDICTS = { kept: 'kept', 'not kept': '**not kept**', 'not tried': 'not tried' } as const;

const HEAD = `# Compatibility

What real servers keep of what Stowage asks of a store, as \`stowage doctor\` found it. This page is written by \`npm run matrix\`, which
starts the servers that \`npm run servers\` installs and runs the doctor against a bucket of each, with versions and without, with rules
for browsers and for stale uploads where the server knows such; a test compares it with what the doctor finds. Run \`stowage doctor\` for
any other store: it prints the same list.

*Needed*: with \`S3_INTEGRITY=checksum\` or \`payload\`, where browsers may call (\`CORS_ORIGINS\`), where downloads want a token
(\`PUBLIC_DOWNLOADS=false\`), always, or never: then Stowage makes up for it, as the last table says.

DigitalOcean Spaces runs Ceph RGW. Where S3 itself and MinIO are concerned, versitygw is the nearest that is measured here: it verifies
checksums as they do.
`;

/** @param columns of the same promises */
export function pageOf(columns: readonly Column[]): string {
  const findings = (columns[0]?.report.findings ?? []).filter(({ id }) => !LEFT_OUT.has(id));
  const groups = [...new Set(findings.map(({ group }) => group))];
  const tables = groups.map((group) =>
    tableOf(
      group,
      findings.filter((one) => one.group === group),
      columns,
    ),
  );
  return `${[HEAD, ...tables, remediesOf(findings, columns)].join('\n')}`;
}

function tableOf(group: string, findings: readonly Finding[], columns: readonly Column[]): string {
  const head = [group, 'needed', ...columns.map(({ heading }) => heading)];
  const rows = findings.map(({ id, promise, need }) => [
    promise,
    need,
    ...columns.map((column) => VERDICTS[verdictOf(column, id)]),
  ]);
  return `## ${group}\n\n${markdown(['promise', ...head.slice(1)], rows)}`;
}

/** What is done about what some store does not keep. */
function remediesOf(findings: readonly Finding[], columns: readonly Column[]): string {
  const broken = findings.filter(({ id }) => columns.some((column) => verdictOf(column, id) === 'not kept'));
  const rows = broken.map(({ group, promise, otherwise }) => [group, promise, otherwise]);
  return `## Where a promise is not kept\n\n${markdown(['', 'promise', 'what follows, and what Stowage or its operator does'], rows)}`;
}

function verdictOf({ report, heading }: Column, id: string): Finding['verdict'] {
  const found = report.findings.find((finding) => finding.id === id);
  if (found === undefined) throw new Error(`the report of ${heading} lacks ${id}`);
  return found.verdict;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [head, head.map(() => '---'), ...rows].map(line).join('');
}
