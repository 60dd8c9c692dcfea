/** `stowage migrate` of a tree into a real S3 server, every byte verified, beside the tools that copy one otherwise; and again, with nothing to do. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { leaveCoreZero, temporaryFolder, useAllCores } from '../measure/processes.ts';
import { runToEnd, type Taken } from '../measure/run-to-end.ts';
import { report, reportBelow, reportRatio } from '../measure/table.ts';
import { startBucket } from '../measure/versitygw-bucket.ts';
import { DATA_SETS, type DataSet, makeDataSet } from './data-sets.ts';
import { installedTools, type Tool, type ToolName } from './tools.ts';

const MIB = 1024 * 1024;
const MEMORY_GOAL_MIB = 250_000_000 / MIB;
const SECOND_RUN_GOAL_SECONDS = 0.5;

interface Turn {
  readonly first: Taken;
  readonly again: Taken;
}

/** One for each tool. */
type Round = ReadonlyMap<ToolName, Turn>;

/** BENCH_SETS names some of the sets by how they begin: `4 x,1,000`. */
export async function benchMigrate(): Promise<void> {
  useAllCores();
  const chosen = process.env['BENCH_SETS']?.split(',') ?? [''];
  try {
    for (const set of DATA_SETS.filter(({ name }) =>
      chosen.some((start) => name.startsWith(start)),
    )) {
      await benchSet(set);
    }
  } finally {
    leaveCoreZero();
  }
}

async function benchSet(set: DataSet): Promise<void> {
  const tree = temporaryFolder();
  try {
    makeDataSet(tree.path, set);
    const tools = installedTools();
    const rounds: Round[] = [];
    // Each round begins with another tool, so that none always comes first.
    for (let round = 0; round < set.rounds; round++) {
      const turned = [
        ...tools.slice(round % tools.length),
        ...tools.slice(0, round % tools.length),
      ];
      rounds.push(await runRound(turned, tree.path));
    }
    print(set, tools, rounds);
  } finally {
    tree.remove();
  }
}

async function runRound(tools: readonly Tool[], tree: string): Promise<Round> {
  const bucket = await startBucket();
  const folder = temporaryFolder();
  try {
    const turns = new Map<ToolName, Turn>();
    for (const tool of tools) {
      const cwd = join(folder.path, String(turns.size));
      mkdirSync(cwd);
      const run = () => runToEnd(tool.command(tree, bucket, cwd), { cwd, env: tool.env(bucket) });
      turns.set(tool.name, { first: await run(), again: await run() });
    }
    return turns;
  } finally {
    await bucket.stop();
    folder.remove();
  }
}

function print(set: DataSet, tools: readonly Tool[], rounds: readonly Round[]): void {
  for (const { name } of tools) {
    const [first, again] = [best(rounds, name, 'first'), best(rounds, name, 'again')];
    const figure = `${said(first)}; again ${said(again)}`;
    report({ what: `${set.name}: ${name}, at best`, figure, goal: '-', met: undefined });
  }
  const beside = { 'aws s3 sync': 1, 's5cmd sync': set.besideS5cmd } as const;
  for (const [other, goal] of Object.entries(beside) as [keyof typeof beside, number][]) {
    if (!tools.some(({ name }) => name === other)) continue;
    const ratio = median(
      rounds.map((round) => of(round, other).first.seconds / of(round, 'ours').first.seconds),
    );
    reportRatio(
      `${set.name}: first copy beside ${other}`,
      ratio,
      goal,
      `median of ${rounds.length}`,
    );
    if (other !== 's5cmd sync') continue;
    const longer = median(
      rounds.map((round) => of(round, 'ours').again.seconds - of(round, other).again.seconds),
    );
    reportBelow(
      `${set.name}: nothing to do, longer than ${other}`,
      longer,
      SECOND_RUN_GOAL_SECONDS,
      's',
    );
  }
  const peak = Math.max(
    ...rounds.flatMap((round) => Object.values(of(round, 'ours')).map((taken) => taken.peakBytes)),
  );
  reportBelow(`${set.name}: memory`, peak / MIB, Math.floor(MEMORY_GOAL_MIB), 'MiB');
}

function of(round: Round, name: ToolName): Turn {
  const turn = round.get(name);
  if (turn === undefined) throw new Error(`${name} has not run`);
  return turn;
}

function best(rounds: readonly Round[], name: ToolName, which: keyof Turn): Taken {
  const taken = rounds.map((round) => of(round, name)[which]);
  return {
    seconds: Math.min(...taken.map(({ seconds }) => seconds)),
    cpuSeconds: Math.min(...taken.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: Math.max(...taken.map(({ peakBytes }) => peakBytes)),
  };
}

function said({ seconds, cpuSeconds, peakBytes }: Taken): string {
  return `${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} s of CPU, ${Math.round(peakBytes / MIB)} MiB`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? 0) + (sorted[Math.ceil(half)] ?? 0)) / 2;
}
