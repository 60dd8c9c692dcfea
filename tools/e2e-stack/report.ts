/** The table of a run: what was verified, what failed, what was skipped and why, and what it cost. */
import { textTable } from '../../test/support/text-table.ts';
import { costOf } from './costs.ts';
import type { Remark, StackRun, TestResult, Traffic } from './stack-run.ts';

export interface Row {
  readonly what: string;
  readonly result: 'verified' | 'FAILED' | 'skipped';
  readonly ms?: number;
  /** A figure, or why it was skipped. */
  readonly note: string;
  readonly failures: readonly string[];
}

const CONTRACT = /^service contract: /;
const WHY_NOT_RUN = 'the run ended before it';

/** @param results of each test that was run or left out */
export function rowsOf(
  run: Pick<StackRun, 'skips'>,
  results: readonly TestResult[],
  remarks: readonly Remark[],
): readonly Row[] {
  return results.map(({ ancestorTitles, title, fullName, status, duration, failureMessages }) => {
    const what = [...ancestorTitles.filter((one) => !CONTRACT.test(one)), title].join(': ');
    const own = remarks.filter(({ test }) => test === fullName);
    const why = own.find(({ skipped }) => skipped !== undefined)?.skipped;
    const note = why ?? own.flatMap(({ note: text = [] }) => text).join('; ');
    const base = { what, note, failures: failureMessages };
    const ms = Math.round(duration ?? 0);
    if (status === 'failed') return { ...base, result: 'FAILED', ms };
    if (status === 'passed' && why === undefined) return { ...base, result: 'verified', ms };
    return { ...base, result: 'skipped', note: why ?? run.skips[title] ?? WHY_NOT_RUN };
  });
}

/** Whether everything that can be verified was. Nothing verified is a failure, too. */
export function isVerified(rows: readonly Row[]): boolean {
  const count = (result: Row['result']) => rows.filter((row) => row.result === result).length;
  return count('verified') > 0 && count('FAILED') === 0;
}

export function formatReport(
  { stackName, region }: Pick<StackRun, 'stackName' | 'region'>,
  rows: readonly Row[],
  traffic: Traffic | undefined,
): string {
  const table = rows.map(({ what, result, ms, note }) => [
    what,
    result,
    ms === undefined ? '' : `${ms} ms`,
    note,
  ]);
  const failures = rows.flatMap(({ what, failures: texts }) =>
    texts.map((text) => `\n${what}\n${text}`),
  );
  const count = (result: Row['result']) => rows.filter((row) => row.result === result).length;
  return [
    '',
    ...textTable([['fact', 'result', 'time', 'note'], ...table]),
    ...failures,
    '',
    `${stackName} in ${region}: ${count('verified')} verified, ${count('FAILED')} failed, ${count('skipped')} skipped`,
    ...(traffic === undefined ? [] : [formatTraffic(traffic)]),
    '',
  ].join('\n');
}

function formatTraffic(traffic: Traffic): string {
  const { api, bucket, cdn, throttled, recalls } = traffic;
  const cents = Math.ceil(costOf(traffic) * 100);
  const waited = throttled === 0 ? '' : ` (${throttled} of them throttled, and sent again)`;
  return `requests: ${api} to the API${waited}, ${bucket} to the bucket, ${cdn} to the CDN; ${recalls} recalls. Costs at most ${cents} cents, without free tiers`;
}
