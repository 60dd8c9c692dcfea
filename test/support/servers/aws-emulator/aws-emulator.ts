/** AWS on this machine, for the rehearsal of a deployment: one process on 127.0.0.1, whose state goes when it stops. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { awsEmulator, emulatorPython } from '../../../../tools/servers/aws-emulator.ts';
import { cleanEnvironment } from '../../server-process.ts';
import { freePort, untilAnswering } from '../listening.ts';

export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

/** The account's root: no policy holds it back. */
const ROOT = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

export interface AwsEmulator {
  readonly port: number;
  readonly endpoint: string;
  readonly region: typeof REGION;
  readonly credentials: typeof ROOT;
  /** For `cdk`, the CLI and the SDK, as the account's root. */
  readonly environment: Readonly<Record<string, string>>;
  /** For processes of Node.js that speak to what was deployed. */
  readonly reachingHosts: Readonly<Record<string, string>>;
  /** What it wrote so far, and what the functions wrote. */
  log(): Promise<string>;
  /** Ends it and the functions that it runs, and removes what it kept. */
  stop(): Promise<void>;
}

/** Whether `npm run servers` has installed it. */
export function hasAwsEmulator(): boolean {
  return awsEmulator.isThere();
}

/** Takes two seconds. Policies are enforced, but for the account's root. */
export async function startAwsEmulator(): Promise<AwsEmulator> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-aws-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const logFile = join(folder, 'emulator.log');
  const log = await open(logFile, 'w');
  const child = spawn(emulatorPython(), [join(import.meta.dirname, 'emulator.py')], {
    env: environmentOfEmulator(folder, port),
    // A group of its own, so that the functions end with it.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilAnswering(child, port);
  } catch (error) {
    const written = await readFile(logFile, 'utf8');
    await stop();
    throw new Error(`the emulator did not start: ${written}`, { cause: error });
  } finally {
    await log.close();
  }
  return {
    port,
    endpoint,
    region: REGION,
    credentials: ROOT,
    environment: environmentOfClients(folder, endpoint),
    reachingHosts: reachingHosts(port),
    log: () => readFile(logFile, 'utf8'),
    stop,
  };
}

function environmentOfEmulator(folder: string, port: number): Record<string, string> {
  return cleanEnvironment({
    BIND_HOST: '127.0.0.1',
    AUTH: 'true',
    // Both would open ports of their own, one of them on all addresses.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    DOCKER_HOST: '',
    LAMBDA_EXECUTOR: 'local',
    MINISTACK_REGION: REGION,
    AWS_ACCESS_KEY_ID: ROOT.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
    TMPDIR: folder,
    STATE_DIR: join(folder, 'state'),
    HOME: folder,
    PYTHONDONTWRITEBYTECODE: '1',
    // Functions run on the Node.js that runs the tests.
    PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    ...reachingHosts(port),
  });
}

/** For processes of Node.js that speak to what was deployed: its hosts are no names that resolve. */
function reachingHosts(port: number): Record<string, string> {
  const module = pathToFileURL(join(import.meta.dirname, 'reach-hosts.js'));
  return { GATEWAY_PORT: String(port), NODE_OPTIONS: `--import=${module}` };
}

function environmentOfClients(folder: string, endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: ROOT.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    CDK_DEFAULT_ACCOUNT: ACCOUNT,
    CDK_DEFAULT_REGION: REGION,
    // Keeps the CDK's cache of accounts out of the home folder.
    CDK_HOME: join(folder, 'cdk'),
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  // Nothing is worth keeping.
  process.kill(-child.pid, 'SIGKILL');
  await exited;
}
