/** `stowage push` of 1 GiB into a real S3 server, its SHA-256 proven, beside what copies files into S3 otherwise. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findBinary } from '../../bin/servers/binaries.ts';
import { leaveCoreZero, peakRssOf, temporaryFolder, useAllCores } from '../processes.ts';
import { type BenchServer, startStowage } from '../stowage-server.ts';
import { report, reportBelow, reportRatio } from '../table.ts';
import { type BenchBucket, startBucket } from './versitygw-bucket.ts';

const MIB = 1024 * 1024;
const SIZE = 1024 * MIB;
const RUNS = 4;
const launcher = join(import.meta.dirname, '..', '..', 'bin', 'stowage.js');

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
    report({ what: 'push of 1 GiB', figure: 'neither s5cmd nor aws is installed', goal: '-', met: undefined });
    return;
  }
  const ratios: number[] = [];
  const seconds = { ours: Number.POSITIVE_INFINITY, theirs: Number.POSITIVE_INFINITY };
  let peak = 0;
  for (let run = 0; run < RUNS; run++) {
    const theirs = await timed(copier.command(`copy-${run}`), copier.env);
    const ours = await timed([process.execPath, launcher, 'push', '--version', `run-${run}`, file], {
      STOWAGE_URL: server.url,
      STOWAGE_TOKEN: server.token,
    });
    ratios.push(theirs.seconds / ours.seconds);
    seconds.ours = Math.min(seconds.ours, ours.seconds);
    seconds.theirs = Math.min(seconds.theirs, theirs.seconds);
    peak = Math.max(peak, ours.peakBytes);
  }
  ratios.sort((a, b) => a - b);
  const detail = `median of ${RUNS}; at best ${seconds.ours.toFixed(1)} s and ${seconds.theirs.toFixed(1)} s`;
  const median = ((ratios[RUNS / 2 - 1] ?? 0) + (ratios[RUNS / 2] ?? 0)) / 2;
  reportRatio(`push of 1 GiB into versitygw, proven, beside ${copier.name}`, median, 0.8, detail);
  reportBelow('memory of the pusher', peak / MIB, 200, 'MiB');
  reportBelow('memory of the service', server.peakRssBytes() / MIB, 200, 'MiB');
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
    return { name: 's5cmd cp', env, command: (key) => [s5cmd, '--endpoint-url', endpoint, 'cp', file, target(key)] };
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

async function timed([file = '', ...args]: readonly string[], env: Readonly<Record<string, string>>) {
  const began = performance.now();
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const [peakBytes, [code]] = await Promise.all([peakOf(child), once(child, 'exit')]);
  if (code !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${code}`);
  return { seconds: (performance.now() - began) / 1000, peakBytes };
}

/** Most resident memory that was seen until it ended. */
async function peakOf(child: ChildProcess): Promise<number> {
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    try {
      // NaN where it has ended, and nobody has noticed yet.
      peak = Math.max(peak, peakRssOf(child.pid ?? 0) || 0);
    } catch {
      // It has ended, and is gone.
    }
    await delay(20);
  }
  return peak;
}

function fill(path: string): void {
  const file = openSync(path, 'w');
  for (let done = 0; done < SIZE; done += 16 * MIB) writeSync(file, randomBytes(16 * MIB));
  closeSync(file);
  // What is still to be written to the disk would cost whoever comes first.
  execFileSync('sync');
}
