/** `npm run servers`: installs the S3 servers that the tests run against, where this platform can. Exits with 1 where one is missing after that. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

interface Server {
  readonly name: string;
  readonly binaries: readonly string[];
  /** Each command with its arguments; all must succeed. */
  readonly install: readonly (readonly [string, ...string[]])[];
  readonly by: string;
}

const goBin = join(homedir(), 'go', 'bin');
const asRoot = (...command: readonly [string, ...string[]]): readonly [string, ...string[]] =>
  process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];

const SERVERS: readonly Server[] = [
  {
    name: 'versitygw',
    binaries: ['versitygw'],
    // Takes some three minutes of one core: cache ~/go/bin.
    install: [['go', 'install', '-trimpath', '-ldflags=-s -w', 'github.com/versity/versitygw/cmd/versitygw@v1.8.0']],
    by: 'Go 1.25 or later',
  },
  {
    name: 'Ceph RGW',
    binaries: ['ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin'],
    install: [
      asRoot('apt-get', 'update', '-q'),
      asRoot('apt-get', 'install', '-y', '-q', '--no-install-recommends', 'radosgw', 'ceph-mon', 'ceph-osd'),
    ],
    by: 'apt-get (Debian 12) as root',
  },
];

function isThere(binary: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), goBin];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, binary), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Whether all its binaries are there in the end. */
function provide({ name, binaries, install, by }: Server): boolean {
  if (binaries.every(isThere)) {
    console.log(`${name}: is there`);
    return true;
  }
  console.log(`${name}: installing`);
  try {
    for (const [command, ...args] of install) {
      execFileSync(command, args, { stdio: 'inherit', env: { ...process.env, CGO_ENABLED: '0', GOBIN: goBin } });
    }
  } catch (error) {
    // The others may still be had; what is missing is said below.
    console.error(error instanceof Error ? error.message : error);
  }
  const there = binaries.every(isThere);
  console.log(`${name}: ${there ? 'installed' : `could not be installed, its tests will be skipped; it takes ${by}`}`);
  return there;
}

process.exitCode = SERVERS.map(provide).every(Boolean) ? 0 : 1;
