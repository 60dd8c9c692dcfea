/** Jest reporter: prints the service contract as a table, with a column for each kind of deployment. */
import { textTable } from './text-table.ts';

interface TestResult {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
  readonly duration?: number | null;
}

interface RunResult {
  readonly testResults: readonly { readonly testResults: readonly TestResult[] }[];
}

const CONTRACT = /^service contract: (.+)$/;
/** As people read it: what runs everywhere first. Targets that are not named here follow. */
const ORDER = ['embedded', 'versitygw', 'Ceph RGW'];

// Jest wants the reporter as the default export.
export default class TargetTable {
  onRunComplete(_contexts: unknown, { testResults }: RunResult): void {
    const rows = new Map<string, Map<string, string>>();
    for (const result of testResults.flatMap((file) => file.testResults)) {
      const at = result.ancestorTitles.findIndex((title) => CONTRACT.test(title));
      const target = CONTRACT.exec(result.ancestorTitles[at] ?? '')?.[1];
      if (target === undefined) continue;
      const name = [...result.ancestorTitles.slice(at + 1), result.title].join(': ');
      const row = rows.get(name) ?? new Map<string, string>();
      rows.set(name, row.set(target, describe(result)));
    }
    if (rows.size > 0) process.stdout.write(format(rows));
  }
}

function describe({ status, duration }: TestResult): string {
  if (status === 'passed') return `${Math.round(duration ?? 0)} ms`;
  return status === 'failed' ? 'FAILED' : 'skipped';
}

function format(rows: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  const found = new Set([...rows.values()].flatMap((row) => [...row.keys()]));
  const targets = [...new Set([...ORDER, ...found])].filter((target) => found.has(target));
  const lines = [...rows].map(([name, row]) => [
    name,
    ...targets.map((target) => row.get(target) ?? '-'),
  ]);
  const table = [['test', ...targets], ...lines];
  return `\n${textTable(table).join('\n')}\n`;
}
