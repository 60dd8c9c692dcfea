/**
 * S3Store keeps the contract on Ceph RGW, which ignores checksums: payload signatures only. Not
 * with versions: in such a bucket RGW 16 ignores `If-None-Match: *`.
 */
import { hasCephRgw, startCephRgw } from '../../support/servers/ceph-rgw.ts';
import { describeBrokenConnections } from './faults/broken-connections.ts';
import { describeCompletions } from './faults/completions.ts';
import { describeRefusals } from './faults/refusals.ts';
import { describeReplacedBytes } from './faults/replaced-bytes.ts';
import { describeS3Store } from './suite.ts';
import { describeS3Writes } from './writes.ts';

describeS3Store(
  'Ceph RGW',
  hasCephRgw() ? startCephRgw : undefined,
  {
    'payload, under a prefix': { integrity: 'payload', prefix: 'team/a b+c' },
  },
  (server) => {
    describeS3Writes(server, { integrity: 'payload', provesSha256: false });
    describeBrokenConnections(server, 'payload');
    describeRefusals(server, 'payload');
    describeCompletions(server, 'payload');
    describeReplacedBytes(server, 'payload');
  },
);
