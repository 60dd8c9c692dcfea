/** The service over buckets of Ceph RGW, which ignores checksums and regions. */
import { describeServing } from '../local/s3/serving.ts';
import { hasCephRgw, startCephRgw } from '../support/servers/ceph-rgw.ts';

describeServing('Ceph RGW', hasCephRgw() ? startCephRgw : undefined, {
  verifiesChecksums: false,
  hasRegion: false,
});
