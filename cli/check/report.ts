/** Prints what checks have found, as a list. */
import type { CheckRunBody } from '../../client/stowage-client.ts';
import { columns } from '../output/columns.ts';
import type { Output } from '../output/output.ts';

type Results = readonly CheckRunBody['checks'][number][];

export function listChecks(output: Output, checks: Results): void {
  if (checks.length === 0) return;
  const rows = checks.map(({ verdict, check: name, filename = '-', line, detail }) => [
    verdict,
    name,
    line === undefined ? filename : `${filename}:${line}`,
    detail,
  ]);
  output.lines(...columns(['VERDICT', 'CHECK', 'FILE', 'DETAIL'], rows));
}

export function failedIn(checks: Results): number {
  return checks.filter(({ verdict }) => verdict === 'failed').length;
}
