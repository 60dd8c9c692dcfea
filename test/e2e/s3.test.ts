/** The service contract against one process over buckets of real S3 servers. */
import { describe, test } from '@jest/globals';
import { hasCephRgw, startCephRgw } from '../support/servers/ceph-rgw.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';
import { openOverS3 } from './s3-target.ts';
import { describeService } from './service.contract.ts';
import type { ServiceTarget } from './service-target.ts';

const versitygw = findVersitygw();
describeOverS3(
  'versitygw',
  versitygw !== undefined && (() => startVersitygw(versitygw)),
  openOverS3,
);
// Bound like this, it takes wrong bytes without a word: they are read back, and rejected.
describeOverS3('Ceph RGW', hasCephRgw() && startCephRgw, (startServer) =>
  openOverS3(
    startServer,
    { S3_INTEGRITY: 'checksum' },
    { refusesOtherBytes: false, listsPartDigests: false },
  ),
);

function describeOverS3(
  name: string,
  startServer: false | (() => Promise<S3Server>),
  open: (startServer: () => Promise<S3Server>) => Promise<ServiceTarget>,
): void {
  if (startServer !== false) {
    describeService(name, () => open(startServer));
    return;
  }
  describe(`service contract: ${name}`, () => {
    test.skip(`${name} is not installed: serving from it is not tested`, () => {});
  });
}
