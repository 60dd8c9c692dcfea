/** The service over buckets of one real S3 server. */
import { describe, test } from '@jest/globals';
import type { S3Server } from '../../support/servers/s3-server.ts';
import { describeDroppedParts } from './dropped-parts.ts';
import { describeManyParts } from './many-parts.ts';
import { describeNames } from './names.ts';
import { describePublishing } from './publishing.ts';
import { S3House, type Traits } from './s3-house.ts';
import { describeShortCredentials } from './short-credentials.ts';
import { describeStaleUploads } from './stale-uploads.ts';
import { describeStoreFaults } from './store-faults.ts';
import { describeTwoServers } from './two-servers.ts';
import { describeWrongSettings } from './wrong-settings.ts';

/** @param startServer undefined where it is not installed */
export function describeServing(
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
