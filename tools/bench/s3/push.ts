/** `stowage push` of 1 GiB into a real S3 server, its SHA-256 proven, beside what copies files into S3 otherwise. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinary } from '../../servers/binaries.ts';
import { cpuSecondsOf, leaveCoreZero, temporaryFolder, useAllCores } from '../measure/processes.ts';
import { runToEnd, type Taken } from '../measure/run-to-end.ts';
import { type BenchServer, startStowage } from '../measure/stowage-server.ts';
import { report, reportBelow, reportRatio } from '../measure/table.ts';
import { type BenchBucket, startBucket } from '../measure/versitygw-bucket.ts';

const MIB = 1024 * 1024;
const SIZE = 1024 * MIB;
const RUNS = 4;
const launcher = join(import.meta.dirname, '..', '..', '..', 'bin', 'stowage.js');

export async function benchS3Push(): Promise<void> {
  useAllCores();
  const folder = temporaryFolder();
  const bucket = await startBucket();
  const server = await startStowage(bucket.settings);
  try {
    const file = join(folder.path, 'large.bin');
    fill(file);
    await compare(server, bucket, file);
  } finally {
    await server.stop();
    await bucket.stop();
    folder.remove();
    leaveCoreZero();
  }
}

async function compare(server: BenchServer, bucket: BenchBucket, file: string): Promise<void> {
  const copier = copierTo(bucket, file);
  if (copier === undefined) {
    report({
      what: 'push of 1 GiB',
      figure: 'neither s5cmd nor aws is installed',
      goal: '-',
      met: undefined,
    });
    return;
  }
  const ratios: number[] = [];
  const best: { ours?: Cost; theirs?: Cost } = {};
  let peak = 0;
  for (let run = 0; run < RUNS; run++) {
    const theirs = await costOf(server, bucket, copier.command(`copy-${run}`), copier.env);
    const push = [process.execPath, launcher, 'push', '--version', `run-${run}`, file];
    const ours = await costOf(server, bucket, push, {
      STOWAGE_URL: server.url,
      STOWAGE_TOKEN: server.token,
    });
    ratios.push(theirs.seconds / ours.seconds);
    best.ours = cheaper(best.ours, ours);
    best.theirs = cheaper(best.theirs, theirs);
    peak = Math.max(peak, ours.peakBytes);
  }
  ratios.sort((a, b) => a - b);
  const median = ((ratios[RUNS / 2 - 1] ?? 0) + (ratios[RUNS / 2] ?? 0)) / 2;
  const what = `push of 1 GiB into versitygw, proven, beside ${copier.name}`;
  reportRatio(
    what,
    median,
    0.8,
    `median of ${RUNS}; at best ${describeCost(best.ours)}; ${describeCost(best.theirs)}`,
  );
  reportBelow('memory of the pusher', peak / MIB, 200, 'MiB');
  reportBelow('memory of the service', server.peakRssBytes() / MIB, 200, 'MiB');
}

interface Cost extends Taken {
  readonly serviceCpuSeconds: number;
  readonly storeCpuSeconds: number;
}

/** What it takes of everybody. */
async function costOf(
  server: BenchServer,
  bucket: BenchBucket,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Cost> {
  const storePid = bucket.server.pid;
  const [service, store] = [server.cpuSeconds(), cpuSecondsOf(storePid)];
  const taken = await runToEnd(command, { cwd: tmpdir(), env });
  return {
    ...taken,
    serviceCpuSeconds: server.cpuSeconds() - service,
    storeCpuSeconds: cpuSecondsOf(storePid) - store,
  };
}

function cheaper(one: Cost | undefined, other: Cost): Cost {
  return one === undefined || other.seconds < one.seconds ? other : one;
}

function describeCost(cost: Cost | undefined): string {
  if (cost === undefined) return '';
  const { seconds, cpuSeconds, serviceCpuSeconds, storeCpuSeconds } = cost;
  const cpu = [cpuSeconds, serviceCpuSeconds, storeCpuSeconds]
    .map((one) => one.toFixed(1))
    .join(' + ');
  return `${seconds.toFixed(1)} s (CPU of client, service and store ${cpu} s)`;
}

interface Copier {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  command(key: string): readonly string[];
}

/** With what is installed, as its users would call it. */
function copierTo({ name, server }: BenchBucket, file: string): Copier | undefined {
  const { endpoint, region, credentials } = server;
  const env = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: region,
  };
  const s5cmd = findBinary('s5cmd');
  const target = (key: string) => `s3://${name}/${key}`;
  if (s5cmd !== undefined) {
    return {
      name: 's5cmd cp',
      env,
      command: (key) => [s5cmd, '--endpoint-url', endpoint, 'cp', file, target(key)],
    };
  }
  const aws = findBinary('aws');
  if (aws === undefined) return undefined;
  const command = (key: string) => [
    aws,
    's3',
    'cp',
    '--only-show-errors',
    '--endpoint-url',
    endpoint,
    file,
    target(key),
  ];
  return { name: 'aws s3 cp', env, command };
}

function fill(path: string): void {
  const file = openSync(path, 'w');
  for (let done = 0; done < SIZE; done += 16 * MIB) writeSync(file, randomBytes(16 * MIB));
  closeSync(file);
  // Otherwise the first run would also pay for writes to disk that are still pending.
  execFileSync('sync');
}
