/** The table of stock clients in docs/clients/README.md: versions, dates, and what came of the tests. */
import type { Trial } from './trials.ts';

/** The tests of one file. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface TrialResult {
  readonly trial: Trial;
  readonly versions: readonly string[];
  /** Undefined where nothing is run. */
  readonly counts?: Counts | undefined;
}

const BEGIN = '<!-- npm run clients writes what follows -->\n';
const END = '<!-- npm run clients wrote that -->\n';

/** @throws where the page has no place for the table */
export function replaceTable(page: string, table: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error('the page has no place for the table');
  return `${page.slice(0, begin + BEGIN.length)}\n${table}\n${page.slice(end)}`;
}

export function clientsTable(results: readonly TrialResult[], date: Date): string {
  const day = date.toISOString().slice(0, 10);
  const rows = results.map(({ trial, versions, counts }) =>
    row(
      `[${trial.client}](${trial.page})`,
      versions.join(', ') || '-',
      counts === undefined ? '-' : day,
      trial.what,
      describeCounts(counts),
      [trial.test, trial.source].filter(Boolean).join('; '),
    ),
  );
  const head = ['client', 'version', 'date', 'what was run', 'result', 'how we know'];
  return `${[row(...head), row(...head.map(() => '---')), ...rows].join('\n')}\n`;
}

/** A skipped test is no success: the client could not be had. */
function describeCounts(counts: Counts | undefined): string {
  if (counts === undefined) return '-';
  const { passed, failed, skipped } = counts;
  if (failed > 0) return `**${failed} failed**, ${passed} passed`;
  if (skipped > 0 || passed === 0)
    return `**could not be run**${passed > 0 ? ` in full, ${passed} passed` : ''}`;
  return `${passed} passed`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
