/** The service over buckets of versitygw; test/soak/ has the same over Ceph RGW. */
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';
import { describeServing } from './s3/serving.ts';

const versitygw = findVersitygw();
const start = versitygw === undefined ? undefined : () => startVersitygw(versitygw);
describeServing('versitygw', start, { verifiesChecksums: true, hasRegion: true });
