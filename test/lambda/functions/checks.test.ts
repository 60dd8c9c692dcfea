/** Checks on AWS: the function of releases begins them, and that of verifications runs what takes longer. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { READ_AT_ONCE_BYTES } from '../../../core/checks/runs/check-runs.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { NPM_RELEASE, NPM_SIGNER } from '../../fixtures/sigstore/real-bundles.ts';
import type { S3Server } from '../../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../../support/servers/versitygw.ts';
import { contextWith, FunctionsHouse } from './functions-house.ts';

const binary = findVersitygw();
const describeIfThere = binary === undefined ? describe.skip : describe;

describeIfThere('checks by functions', () => {
  let server: S3Server;
  let house: FunctionsHouse;
  const published: { versionId: string; packageId: string }[] = [];

  beforeAll(async () => {
    server = await startVersitygw(binary ?? '');
    house = await FunctionsHouse.open(server);
  });

  afterAll(async () => {
    for (const path of published) await house.remove(path);
    await house.close();
    await server.stop();
  });

  async function publish(versionId: string, filename: string, bytes: Buffer): Promise<void> {
    const token = await house.token(['publish']);
    const body = { filename, size: bytes.length, sha256: sha256Of(bytes) };
    const made = await house.call(house.functions.publish, 'createPackage', {
      token,
      path: { versionId },
      body,
    });
    const { url, headers } = made.json.upload.request;
    const sent = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) });
    expect(sent.ok).toBe(true);
    const path = { versionId, packageId: made.json.package.packageId };
    published.push(path);
    await house.call(house.functions.publish, 'completeUpload', { token, path, body: {} });
  }

  test.each([
    ['right', true],
    ['wrong', false],
  ])(
    'of a large file with a %s digest are sent to the queue, and found there',
    async (what, passed) => {
      const versionId = `1.4.0-${what}`;
      const bytes = Buffer.alloc(READ_AT_ONCE_BYTES + 1, what);
      const sum = createHash('sha512')
        .update(passed ? bytes : 'other bytes')
        .digest('hex');
      await publish(versionId, 'App.bin', bytes);
      await publish(versionId, 'SHA512SUMS', Buffer.from(`${sum}  App.bin\n`));
      const token = await house.token(['admin']);
      const move = () =>
        house.call(house.functions.release, 'putChannel', {
          token,
          path: { channel: `stable-${what}` },
          body: { versionId, policy: { feeds: true } },
        });
      house.aws.messages.length = 0;

      const [early, again] = [await move(), await move()];
      expect([early.json.code, again.json.code]).toEqual(['CHECKS_PENDING', 'CHECKS_PENDING']);
      // The queue is asked once while it may be working.
      expect(house.aws.messages).toEqual([JSON.stringify({ checkId: early.json.checkId })]);
      const Records = house.aws.messages.map((body) => ({ messageId: 'm1', body }));
      const worked = await house.functions.verify({ Records }, contextWith());
      const repeated = await house.functions.verify({ Records }, contextWith());

      expect([worked, repeated]).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
      const path = { versionId, checkId: early.json.checkId };
      const found = await house.call(house.functions.release, 'getCheck', { token, path });
      expect(found.json).toMatchObject({ state: 'done', passed });
      expect((await move()).status).toBe(passed ? 200 : 422);
    },
  );

  test('of a bundle of Sigstore are sent to the queue, and verified there', async () => {
    const versionId = '5.0.0';
    for (const [filename, bytes] of Object.entries(NPM_RELEASE))
      await publish(versionId, filename, bytes);
    const token = await house.token(['admin']);
    const move = () =>
      house.call(house.functions.release, 'putChannel', {
        token,
        path: { channel: 'signed' },
        body: { versionId, policy: { sigstore: NPM_SIGNER } },
      });
    house.aws.messages.length = 0;

    expect((await move()).json.code).toBe('CHECKS_PENDING');
    const Records = house.aws.messages.map((body) => ({ messageId: 'm1', body }));
    await house.functions.verify({ Records }, contextWith());

    expect((await move()).json).toMatchObject({
      versionId,
      checks: [{ check: 'statement', verdict: 'passed' }],
    });
  });
});
