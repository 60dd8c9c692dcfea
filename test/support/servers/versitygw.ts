/**
 * versitygw, an independent S3 server that verifies checksums, as a process on 127.0.0.1. Its folder is
 * removed when it stops.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinary } from '../../../tools/servers/binaries.ts';
import { cleanEnvironment } from '../server-process.ts';
import { freePort, untilAnswering } from './listening.ts';
import type { S3Server } from './s3-server.ts';

const ACCESS_KEY = 'testak';
const SECRET_KEY = 'testsecret123';

/** Where the binary is: VERSITYGW, the PATH, or where `go install` puts it. */
export function findVersitygw(): string | undefined {
  return findBinary('versitygw', process.env['VERSITYGW']);
}

export interface Versitygw extends S3Server {
  readonly pid: number;
}

export async function startVersitygw(binary: string): Promise<Versitygw> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-versitygw-'));
  const root = join(folder, 'root');
  const versions = join(folder, 'versions');
  for (const path of [root, versions]) await mkdir(path);
  const port = await freePort();
  // The temporary folder must have extended attributes: with `--sidecar` instead, 1.8.0 gets versions wrong.
  const backend = ['posix', '--versioning-dir', versions, root];
  const child = spawn(binary, ['-q', '-p', `127.0.0.1:${port}`, '--keep-alive', ...backend], {
    env: cleanEnvironment({ ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    await untilAnswering(child, port);
  } catch (error) {
    await end(child);
    await rm(folder, { recursive: true });
    throw error;
  }
  return {
    name: 'versitygw',
    pid: child.pid ?? 0,
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
    async stop() {
      await end(child);
      await rm(folder, { recursive: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
