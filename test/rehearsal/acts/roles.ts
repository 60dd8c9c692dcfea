/** What each function's role may do, tried out with its own credentials: every grant, and everything that was not granted. */

import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CANARY_KEY } from '../../../core/layout.ts';
import type { DeployedStack } from '../../support/deployed/deployed-stack.ts';
import { assumeRole } from '../assume-role.ts';
import { type Permission, PROBED_CONSOLE_FILE, PROBED_KEY, permissionsOf } from '../role-probes.ts';

/** By the function's name in the template. */
const ALLOWED: Readonly<Record<string, readonly Permission[]>> = {
  Publish: [
    'put a package',
    'get a package',
    'delete a package',
    'write a package record',
    'take a name',
    'enter a digest',
    'write a version',
    'end a seal',
    'note a change',
    'write a link',
    'count a download',
    'have a package verified',
    'read the key of cursors',
  ],
  Download: ['count a download', 'read the keyring'],
  CatalogReader: ['read the key of cursors'],
  Release: [
    'get a package',
    'delete a package',
    'write a package record',
    'take a name',
    'write a version',
    'end a seal',
    'write a channel',
    'note a change',
    'have a package verified',
    'read the key of cursors',
  ],
  Exchange: ['note a change', 'write a token'],
  Admin: [
    'get a package',
    'delete a package',
    'tag a package',
    'write a package record',
    'write a channel',
    'note a change',
    'write a token',
    'make the CDN forget',
    'read the key of cursors',
  ],
  UpkeepObjectCreated: [
    'get a package',
    'delete a package',
    'write a package record',
    'take a name',
    'end a seal',
    'note a change',
    'have a package verified',
  ],
  UpkeepSweep: [
    'get a package',
    'delete a package',
    'write a package record',
    'take a name',
    'end a seal',
    'note a change',
    'close a day of the audit',
    'have a package verified',
    'make the CDN forget',
  ],
  // Joining parts is to S3 what putting is.
  UpkeepVerificationVerify: [
    'put a package',
    'get a package',
    'delete a package',
    'write a package record',
    'take a name',
    'end a seal',
    'note a change',
    'have a package verified',
  ],
  DownloadsRotationRotate: [
    'put the canary',
    'read the keyring',
    'write the keyring',
    'see the keys of the CDN',
  ],
  AnnouncementsAnnounce: ['announce'],
  DownloadsKeysMaker: ['read the keyring', 'write the keyring', 'see the keys of the CDN'],
  ConsolePlace: ['put a file of the console'],
  WatchDeployedSinceAnswer: [],
};

export function describeRoles(deployed: () => DeployedStack): void {
  beforeAll(async () => {
    const Bucket = deployed().output('BucketName');
    await deployed().s3.send(
      new PutObjectCommand({ Bucket, Key: PROBED_KEY, Body: 'bytes', IfNoneMatch: '*' }),
    );
  });
  afterAll(async () => {
    const Bucket = deployed().output('BucketName');
    for (const Key of [PROBED_KEY, PROBED_CONSOLE_FILE, CANARY_KEY])
      await deployed().s3.send(new DeleteObjectCommand({ Bucket, Key }));
  });

  test.each(Object.entries(ALLOWED))(
    'the role of %s may do what it is there for, and nothing else',
    async (name, allowed) => {
      const credentials = await assumeRole(
        deployed().account,
        await deployed().function(name).roleArn(),
      );

      expect(await permissionsOf(deployed(), credentials)).toEqual(allowed);
    },
  );

  test('no function is left out', () => {
    const functions = deployed()
      .ofType('AWS::Lambda::Function')
      .map(({ logicalId }) => logicalId.slice(0, -8));

    expect(functions.sort()).toEqual(Object.keys(ALLOWED).sort());
  });
}
