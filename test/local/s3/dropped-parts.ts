/** A store that drops the parts of an open upload: running the same push again repairs it. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { fetchSender, type SendBytes } from '../../../client/send-bytes.ts';
import { StowageClient } from '../../../client/stowage-client.ts';
import { uploadPackage } from '../../../client/upload.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { empty } from '../../storage/s3/harness.ts';
import type { S3House } from './s3-house.ts';

const MIB = 1024 * 1024;
const TWO_PARTS = randomBytes(17 * MIB);

export function describeDroppedParts(house: S3House): void {
  describe.each([true, false])(
    'an upload (partChecksums %s) whose parts the store drops',
    (partChecksums) => {
      const drop = () => empty(house.harness.client, house.harness.bucket);

      async function pushing(client: StowageClient, onSent: (part: number) => Promise<void>) {
        const plain = fetchSender(client.transport);
        let sent = 0;
        const send: SendBytes = async (...args) => {
          const answer = await plain(...args);
          sent += 1;
          await onSent(sent);
          return answer;
        };
        const declaration = {
          packageId: 'tool',
          ext: 'bin',
          size: TWO_PARTS.length,
          sha256: sha256Of(TWO_PARTS),
          method: 'multipart' as const,
          partChecksums,
        };
        const source = new Blob([new Uint8Array(TWO_PARTS)]);
        return uploadPackage(
          client,
          { versionId: '1.0', declaration, source },
          { send, concurrency: 1 },
        );
      }

      test('just after a run that was broken off is healed by the next run', async () => {
        const { url, token } = await house.start();
        const client = new StowageClient({ url, token });
        const broken = pushing(client, () => Promise.reject(new Error('the publisher died')));
        await expect(broken).rejects.toThrow('the publisher died');
        await drop();

        const report = await pushing(client, async () => undefined);

        expect(report).toMatchObject({ outcome: 'published', package: { state: 'available' } });
      });

      test('while they are sent is healed by the same run', async () => {
        const { url, token } = await house.start();
        const client = new StowageClient({ url, token });

        const report = await pushing(client, async (part) => {
          if (part === 1) await drop();
        });

        expect(report).toMatchObject({ outcome: 'published', package: { state: 'available' } });
      });
    },
  );
}
