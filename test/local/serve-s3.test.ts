/** The service over buckets of real S3 servers. */
import { describe, test } from '@jest/globals';
import { hasCephRgw, startCephRgw } from '../support/servers/ceph-rgw.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';
import { describeDroppedParts } from './s3/dropped-parts.ts';
import { describeManyParts } from './s3/many-parts.ts';
import { describeNames } from './s3/names.ts';
import { describePublishing } from './s3/publishing.ts';
import { S3House, type Traits } from './s3/s3-house.ts';
import { describeShortCredentials } from './s3/short-credentials.ts';
import { describeStaleUploads } from './s3/stale-uploads.ts';
import { describeStoreFaults } from './s3/store-faults.ts';
import { describeTwoServers } from './s3/two-servers.ts';
import { describeWrongSettings } from './s3/wrong-settings.ts';

const versitygw = findVersitygw();
describeServing(
  'versitygw',
  versitygw === undefined ? undefined : () => startVersitygw(versitygw),
  {
    verifiesChecksums: true,
    hasRegion: true,
  },
);
describeServing('Ceph RGW', hasCephRgw() ? startCephRgw : undefined, {
  verifiesChecksums: false,
  hasRegion: false,
});

function describeServing(
  name: string,
  startServer: (() => Promise<S3Server>) | undefined,
  traits: Traits,
): void {
  describe(`serving from ${name}`, () => {
    if (startServer === undefined) {
      test.skip(`${name} is not installed: serving from it is not tested`, () => {});
      return;
    }
    const house = new S3House(startServer, traits);
    describePublishing(house);
    describeNames(house);
    describeManyParts(house);
    describeStoreFaults(house);
    describeDroppedParts(house);
    describeStaleUploads(house);
    describeShortCredentials(house);
    describeWrongSettings(house);
    describeTwoServers(house);
  });
}
