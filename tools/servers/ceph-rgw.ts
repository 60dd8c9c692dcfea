/** Ceph's S3 gateway, the software behind DigitalOcean Spaces, and the monitor and object store that it needs; packages of Debian and Ubuntu. */
import { debianPackages } from './debian-packages.ts';

export const cephRgw = debianPackages(
  'Ceph RGW',
  ['radosgw', 'ceph-mon', 'ceph-osd'],
  ['ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin'],
);
