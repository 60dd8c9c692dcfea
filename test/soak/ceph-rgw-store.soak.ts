/**
 * S3Store keeps the contract on Ceph RGW, which ignores checksums: payload signatures only. Not
 * with versions: in such a bucket RGW 16 ignores `If-None-Match: *`.
 */

import { describeBrokenConnections } from '../storage/s3/faults/broken-connections.ts';
import { describeCompletions } from '../storage/s3/faults/completions.ts';
import { describeRefusals } from '../storage/s3/faults/refusals.ts';
import { describeReplacedBytes } from '../storage/s3/faults/replaced-bytes.ts';
import { describeS3Store } from '../storage/s3/suite.ts';
import { describeS3Writes } from '../storage/s3/writes.ts';
import { hasCephRgw, startCephRgw } from '../support/servers/ceph-rgw.ts';

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
