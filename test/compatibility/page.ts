/** Builds docs/compatibility.md from the doctor's reports. Only its explanations are written by hand. */
import type { Finding } from '../../core/doctor/report.ts';
import type { HandColumn } from './by-hand.ts';
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

DigitalOcean Spaces runs Ceph RGW. Where S3 itself is concerned, versitygw is the nearest that is measured here: it verifies checksums as
S3 does.
`;

const BY_HAND = `
Columns with a date were measured by hand that day, since \`npm run servers\` does not install those stores:

\`\`\`
S3_ACCESS_KEY=... S3_SECRET_KEY=... npm run matrix -- --endpoint http://127.0.0.1:9000 --name MinIO
\`\`\`

It makes two buckets, runs the doctor against each, removes them, and writes the columns (test/compatibility/by-hand.json) and this page.
A \`-\` is a promise that the doctor did not know on that day.
`;

/** @param columns of the same promises @param byHand may lack promises that are newer than they are */
export function pageOf(columns: readonly Column[], byHand: readonly HandColumn[]): string {
  const findings = (columns[0]?.report.findings ?? []).filter(({ id }) => !LEFT_OUT.has(id));
  const groups = [...new Set(findings.map(({ group }) => group))];
  const tables = groups.map((group) =>
    tableOf(
      group,
      findings.filter((one) => one.group === group),
      columns,
      byHand,
    ),
  );
  const head = byHand.length === 0 ? HEAD : HEAD + BY_HAND;
  return `${[head, ...tables, remediesOf(findings, columns, byHand)].join('\n')}`;
}

function tableOf(
  group: string,
  findings: readonly Finding[],
  columns: readonly Column[],
  byHand: readonly HandColumn[],
): string {
  const dated = byHand.map(({ heading, date }) => `${heading} (${date})`);
  const head = [group, 'needed', ...columns.map(({ heading }) => heading), ...dated];
  const rows = findings.map(({ id, promise, need }) => [
    promise,
    need,
    ...columns.map((column) => VERDICTS[verdictOf(column, id)]),
    ...byHand.map(({ verdicts }) => (verdicts[id] === undefined ? '-' : VERDICTS[verdicts[id]])),
  ]);
  return `## ${group}\n\n${markdown(['promise', ...head.slice(1)], rows)}`;
}

/** What is done about what some store does not keep. */
function remediesOf(
  findings: readonly Finding[],
  columns: readonly Column[],
  byHand: readonly HandColumn[],
): string {
  const isBroken = ({ id }: Finding) =>
    columns.some((column) => verdictOf(column, id) === 'not kept') ||
    byHand.some(({ verdicts }) => verdicts[id] === 'not kept');
  const broken = findings.filter(isBroken);
  const rows = broken.map(({ group, promise, otherwise }) => [group, promise, otherwise]);
  return `## Where a promise is not kept\n\n${markdown(['', 'promise', 'what follows, and what Stowage or its operator does'], rows)}`;
}

function verdictOf({ report, heading }: Column, id: string): Finding['verdict'] {
  const found = report.findings.find((finding) => finding.id === id);
  if (found === undefined) throw new Error(`the report of ${heading} lacks ${id}`);
  return found.verdict;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [head, head.map(() => '---'), ...rows].map(line).join('');
}
