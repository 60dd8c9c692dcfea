/** Cold starts: what importing each function's bundle costs a fresh process, in times of an empty module. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle, functionNames } from './bundles.ts';
import { reportBelow } from './measure/table.ts';

const RUNS = 21;
/** Times of the empty module: what users wait for starts fastest, wherever its links point. */
const MOST = { download: 2.0, others: 3.0 } as const;

export async function benchCold(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-cold-'));
  try {
    const empty = join(folder, 'empty.mjs');
    writeFileSync(empty, 'export const handler = async () => ({});\n');
    const bundles = await Promise.all(functionNames().map((name) => bundle(name, folder)));
    const costs = measure([empty, ...bundles.map(({ path }) => path)]);
    const base = costs.get(empty) ?? 0;
    for (const { name, path, bytes } of bundles) {
      const most = mostOf(name);
      const ms = costs.get(path) ?? 0;
      const detail = `${ms.toFixed(0)} of ${base.toFixed(0)} ms of CPU; ${Math.round(bytes / 1000)} KB`;
      reportBelow(
        `cold start of ${name}, in times of an empty module`,
        ms / base,
        most,
        '',
        detail,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function mostOf(name: string): number {
  return name.startsWith('download-') ? MOST.download : MOST.others;
}

/** Median milliseconds of CPU by file. They alternate, so that what else the machine does hits all alike. */
function measure(files: readonly string[]): ReadonlyMap<string, number> {
  const taken = new Map(files.map((file) => [file, [] as number[]]));
  for (let run = 0; run < RUNS; run++) {
    for (const [file, costs] of taken) costs.push(cpuOf(file));
  }
  return new Map([...taken].map(([file, costs]) => [file, median(costs)]));
}

/** Of a whole process, its start included. */
function cpuOf(file: string): number {
  const script = `await import(${JSON.stringify(pathToFileURL(file).href)});
    const { user, system } = process.cpuUsage();
    process.stdout.write(String((user + system) / 1000));
    process.exit();`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    {
      encoding: 'utf8',
      env: { AWS_REGION: 'eu-central-1' },
    },
  );
  if (status !== 0) throw new Error(`${file} could not be imported: ${stderr}`);
  return Number(stdout);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
