/**
 * Ceph's S3 gateway, the software behind DigitalOcean Spaces: a cluster of one node on 127.0.0.1, in
 * memory only.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cephRgw } from '../../../tools/servers/ceph-rgw.ts';
import { freePort, untilAnswering } from './listening.ts';
import type { S3Server } from './s3-server.ts';

const run = promisify(execFile);
const ACCESS_KEY = 'testak';
const SECRET_KEY = 'testsecret123';

/** Whether all that a cluster needs is on the PATH. */
export function hasCephRgw(): boolean {
  return cephRgw.isThere();
}

/** Takes some 15 seconds. */
export async function startCephRgw(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-rgw-'));
  const daemons: ChildProcess[] = [];
  const stop = async () => {
    for (const daemon of daemons.reverse()) await end(daemon);
    await rm(folder, { recursive: true });
  };
  try {
    const port = await startCluster(folder, daemons);
    return {
      name: 'Ceph RGW',
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @returns the port of the gateway */
async function startCluster(folder: string, daemons: ChildProcess[]): Promise<number> {
  const [port, monPort] = [await freePort(), await freePort()];
  const monitor = `[v2:127.0.0.1:${monPort}]`;
  const fsid = crypto.randomUUID();
  const conf = join(folder, 'ceph.conf');
  for (const name of ['mon', 'osd', 'rgw', 'run', 'log']) await mkdir(join(folder, name));
  await writeFile(conf, configuration(folder, fsid, monitor, port));
  await writeFile(join(folder, 'keyring'), '');
  const ask = (command: string, ...args: readonly string[]) =>
    run(command, ['-c', conf, ...args], { env: { ...process.env, CEPH_CONF: conf } });
  const start = (command: string, ...args: readonly string[]) => {
    const daemon = spawn(command, ['-c', conf, '-f', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    daemons.push(daemon);
    return daemon;
  };

  const map = join(folder, 'monmap');
  await run('monmaptool', ['--create', '--clobber', '--fsid', fsid, '--addv', 'a', monitor, map]);
  await ask('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map);
  await untilAnswering(start('ceph-mon', '-i', 'a'), monPort);

  const uuid = crypto.randomUUID();
  const { stdout: id } = await ask('ceph', '--connect-timeout', '20', 'osd', 'new', uuid);
  await mkdir(join(folder, 'osd', id.trim()));
  await ask('ceph-osd', '-i', id.trim(), '--mkfs', '--osd-uuid', uuid);
  start('ceph-osd', '-i', id.trim());

  await untilAnswering(start('radosgw', '-n', 'client.rgw'), port);
  const keys = ['--access-key', ACCESS_KEY, '--secret-key', SECRET_KEY];
  await ask(
    'radosgw-admin',
    '-n',
    'client.rgw',
    'user',
    'create',
    '--uid=test',
    '--display-name=test',
    ...keys,
  );
  return port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  // Nothing is worth keeping, and an orderly end waits for daemons that are gone by then.
  child.kill('SIGKILL');
  await exited;
}

function configuration(folder: string, fsid: string, monitor: string, port: number): string {
  return `[global]
fsid = ${fsid}
mon initial members = a
mon host = ${monitor}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
run dir = ${folder}/run
admin socket = ${folder}/run/$name.asok
pid file = ${folder}/run/$name.pid
log file = ${folder}/log/$name.log
crash dir = ${folder}/log
keyring = ${folder}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd crush update on start = true
mon allow pool size one = true
mon allow pool delete = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1
[mon]
mon data = ${folder}/mon/$id
mon cluster log file = ${folder}/log/cluster.log
[osd]
osd data = ${folder}/osd/$id
osd objectstore = memstore
memstore device bytes = 2147483648
osd max write size = 512
osd class load list = *
osd class default list = *
[client.rgw]
# The gateway wants encrypted connections to the monitor, which a cluster without keys does not have.
ms mon client mode = crc
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw thread pool size = 32
rgw data = ${folder}/rgw
rgw enable usage log = false
rgw enable ops log = false
rgw run sync thread = false
rgw s3 auth use sts = false
rgw crypt require ssl = false
`;
}
