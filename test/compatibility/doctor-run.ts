/**
 * Runs `stowage doctor` as its users do, in a process of its own. It does not import jest, so that the
 * page can be written without it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { DoctorReport } from '../../core/doctor/report.ts';
import { launcher } from '../support/program/launcher.ts';
import { cleanEnvironment } from '../support/server-process.ts';
import type { S3Server } from '../support/servers/s3-server.ts';

export interface DoctorRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param started is given the process as soon as there is one */
export async function runDoctor(
  env: Readonly<Record<string, string>>,
  words: readonly string[] = [],
  started: (child: ChildProcess) => void = () => {},
): Promise<DoctorRun> {
  const child = spawn(process.execPath, [launcher, 'doctor', ...words], {
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  started(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return {
    code,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

/** What it reports as JSON. @throws where it printed none */
export async function reportOf(env: Readonly<Record<string, string>>): Promise<DoctorReport> {
  const { code, stdout, stderr } = await runDoctor(env, ['--json']);
  if (stdout === '') throw new Error(`stowage doctor ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as DoctorReport;
}

/** The settings of a service over a bucket of that server. */
export function settingsFor(
  { endpoint, region, credentials }: S3Server,
  bucket: string,
): Record<string, string> {
  return {
    STORAGE_TYPE: 's3',
    S3_BUCKET: bucket,
    S3_ENDPOINT: endpoint,
    S3_REGION: region,
    S3_ACCESS_KEY: credentials.accessKeyId,
    S3_SECRET_KEY: credentials.secretAccessKey,
  };
}
