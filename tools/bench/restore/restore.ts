/**
 * `stowage table restore` with many records, the command itself in a process of its own, against
 * tables that answer faster than DynamoDB (generated-tables.ts): BENCH_RECORDS says how many records,
 * a million by default. A tenth of them goes first, so that memory is seen not to grow with them.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Measured, startMeasured } from '../measure/processes.ts';
import { runToEnd, type Taken } from '../measure/run-to-end.ts';
import { report, reportBelow } from '../measure/table.ts';

const MOST_MIB = 400;
/** Times of the memory that a tenth of the records takes. */
const MOST_GROWTH = 1.3;
const MIB = 1024 * 1024;
const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'bin', 'stowage.js');

export async function benchRestore(): Promise<void> {
  const records = Number(process.env['BENCH_RECORDS'] ?? 1_000_000);
  const few = await withTables(records / 10, async (tables, count) => {
    return await measure(tables, count, 'all of them missing', { written: count, puts: count });
  });
  await withTables(records, async (tables, count) => {
    const all = await measure(tables, count, 'all of them missing', {
      written: count,
      puts: count,
    });
    await measure(tables, count, 'none of them missing', { written: count, puts: count });
    const [mib, fewMib] = [all.peakBytes / MIB, few.peakBytes / MIB];
    reportBelow(`memory of a restore of ${count} records`, mib, MOST_MIB, 'MiB');
    reportBelow(
      'its memory in times of a tenth of the records',
      mib / fewMib,
      MOST_GROWTH,
      '',
      `${fewMib.toFixed(0)} MiB`,
    );
  });
}

async function withTables<Result>(
  records: number,
  work: (tables: Measured, records: number) => Promise<Result>,
): Promise<Result> {
  const tables = await startMeasured([
    'tools/bench/restore/generated-tables.ts',
    String(Math.round(records)),
  ]);
  try {
    return await work(tables, Math.round(records));
  } finally {
    await tables.stop();
  }
}

/** @param expected what the tables have seen when it has ended */
async function measure(
  tables: Measured,
  records: number,
  what: string,
  expected: { readonly written: number; readonly puts: number },
): Promise<Taken> {
  const before = tables.cpuSeconds();
  const taken = await runToEnd([process.execPath, PROGRAM, 'table', 'restore', '--from', 'copy'], {
    cwd: tmpdir(),
    env: {
      TABLE_NAME: 'lost',
      DYNAMODB_ENDPOINT: tables.url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
    },
  });
  const { written, puts } = (await (await fetch(tables.url)).json()) as typeof expected;
  const { seconds, cpuSeconds, peakBytes } = taken;
  const ofTables = tables.cpuSeconds() - before;
  report({
    what: `restore of ${records} records, ${what}`,
    figure: `${Math.round(records / seconds)} a second (${seconds.toFixed(0)} s; CPU ${cpuSeconds.toFixed(0)} s, and ${ofTables.toFixed(0)} s of the tables; ${Math.round(peakBytes / MIB)} MiB)`,
    goal: 'each written once',
    met: written === expected.written && puts === expected.puts,
  });
  return taken;
}
