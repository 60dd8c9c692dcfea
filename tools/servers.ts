/**
 * `npm run servers`: installs the servers and tools that the tests run, where this platform can; those alone that are named, if any
 * are. Exits with 1 where one is missing after that.
 */
import { awsEmulator } from './servers/aws-emulator.ts';
import { cephRgw } from './servers/ceph-rgw.ts';
import { busybox, chromium, nginx, promtool } from './servers/debian-packages.ts';
import { mise } from './servers/mise.ts';
import { provide } from './servers/provide.ts';
import { schemathesis } from './servers/schemathesis.ts';
import { shellcheck } from './servers/shellcheck.ts';
import { templateCheckers } from './servers/template-checkers.ts';
import { velopack } from './servers/velopack.ts';
import { versitygw } from './servers/versitygw.ts';

const SERVERS = [
  versitygw,
  cephRgw,
  awsEmulator,
  templateCheckers,
  schemathesis,
  shellcheck,
  velopack,
  mise,
  busybox,
  chromium,
  nginx,
  promtool,
];

const named = process.argv.slice(2);
const unknown = named.filter((name) => !SERVERS.some((server) => server.name === name));
if (unknown.length > 0) {
  const known = SERVERS.map(({ name }) => name).join(', ');
  console.error(`no server is called ${unknown.join(', ')}; there are ${known}`);
  process.exitCode = 2;
} else {
  const wanted = SERVERS.filter(({ name }) => named.length === 0 || named.includes(name));
  process.exitCode = (await provide(wanted, console.log)) ? 0 : 1;
}
