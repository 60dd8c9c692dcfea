/**
 * S3Store keeps the contract on versitygw, a server that verifies checksums: in both forms of
 * integrity, plain and under a prefix, with versions and without, by the SDK and by signed requests.
 */
import { signedS3 } from '../../../storage/s3/requests/signed-client.ts';
import { findVersitygw, startVersitygw } from '../../support/servers/versitygw.ts';
import { describeBrokenConnections } from './faults/broken-connections.ts';
import { describeCompletions } from './faults/completions.ts';
import { describeRefusals } from './faults/refusals.ts';
import { describeReplacedBytes } from './faults/replaced-bytes.ts';
import { describeS3Store } from './suite.ts';
import { describeS3Writes } from './writes.ts';

const binary = findVersitygw();

describeS3Store(
  'versitygw',
  binary === undefined ? undefined : () => startVersitygw(binary),
  {
    payload: { integrity: 'payload' },
    'checksum, under a prefix': { integrity: 'checksum', prefix: 'team/a b+c' },
    'checksum, with versions': { integrity: 'checksum', versioned: true },
    'signed requests': { integrity: 'checksum', prefix: 'team/a b+c', connect: signedS3 },
    'signed requests, with versions': { integrity: 'payload', versioned: true, connect: signedS3 },
  },
  (server) => {
    describeS3Writes(server, { integrity: 'checksum', provesSha256: true });
    describeBrokenConnections(server, 'checksum');
    describeBrokenConnections(server, 'checksum', signedS3);
    describeRefusals(server, 'checksum');
    describeCompletions(server, 'checksum');
    describeReplacedBytes(server, 'checksum');
  },
);
