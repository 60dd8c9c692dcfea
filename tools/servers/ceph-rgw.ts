/** Ceph's S3 gateway, the software behind DigitalOcean Spaces, and the monitor and object store that it needs; packages of Debian and Ubuntu. */
import { findBinary, runInstaller } from './binaries.ts';
import type { Installable } from './installable.ts';

const PACKAGES = ['radosgw', 'ceph-mon', 'ceph-osd'];
const BINARIES = ['ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin'];
/** Another installer may hold the lock for a while, and mirrors have their moments. */
const PATIENT = ['-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];

export const cephRgw: Installable = {
  name: 'Ceph RGW',
  takes: `root (or sudo without a password), and apt-get install --no-install-recommends ${PACKAGES.join(' ')} (Debian 12)`,
  isThere: () => BINARIES.every((binary) => findBinary(binary) !== undefined),
  async install() {
    // The lists of packages may be missing or old, and old lists name files that mirrors have no more.
    await aptGet('update');
    await aptGet('install', '-y', '--no-install-recommends', ...PACKAGES);
  },
};

function aptGet(...args: readonly string[]): Promise<void> {
  const [file = '', ...rest] = [
    ...(process.getuid?.() === 0 ? [] : ['sudo', '-n']),
    'apt-get',
    ...PATIENT,
    ...args,
  ];
  // sudo drops the environment: there, debconf finds no terminal and asks nothing either.
  return runInstaller(file, rest, { DEBIAN_FRONTEND: 'noninteractive' });
}
