/**
 * A store that does not list the checksums of parts, but wants them repeated when parts are joined.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { S3Server } from '../../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../../support/servers/versitygw.ts';
import { LIST_PARTS, listsNoPartChecksums } from '../../support/store-manners.ts';
import { begin, keyOf, put, read, sha256Of, takeAway, termsFor } from '../blob-contract/harness.ts';
import { eachBehindProxy } from './faults/behind-proxy.ts';

const MIB = 1024 * 1024;
const binary = findVersitygw();
const key = keyOf('linux-x64.tar.gz');

(binary === undefined ? describe.skip : describe)(
  'a store that lists parts without their checksums',
  () => {
    let server: S3Server;
    beforeAll(async () => {
      server = await startVersitygw(binary ?? '');
    });
    afterAll(() => server.stop());
    const current = eachBehindProxy(() => server, 'checksum', {});

    const plan = { partSize: 5 * MIB, partCount: 2, partChecksums: true };
    const bytes = randomBytes(5 * MIB + 7);
    const parts = [bytes.subarray(0, 5 * MIB), bytes.subarray(5 * MIB)];

    test('joins parts that carry their SHA-256, and they are bound to it', async () => {
      const { proxy, store, harness } = current();
      listsNoPartChecksums(proxy);
      const upload = await store.beginMultipart(key, termsFor(bytes), plan);
      for (const [index, part] of parts.entries()) {
        const terms = { partNumber: index + 1, size: part.length, sha256: sha256Of(part) };
        const request = await store.signPart(upload, terms, 60);
        expect(
          (await harness.send(request, randomBytes(part.length))).status,
        ).toBeGreaterThanOrEqual(400);
        expect((await harness.send(request, part)).status).toBe(200);
      }

      await store.completeMultipart(upload);

      expect(sha256Of(Buffer.from(await read(harness.store, key), 'latin1'))).toBe(sha256Of(bytes));
      await takeAway(harness.store, key);
    });

    test('says that it lists none, so that no upload begins that needs them', async () => {
      const { proxy, store, harness } = current();
      listsNoPartChecksums(proxy);

      expect(await store.listsPartDigests(key)).toBe(false);
      expect(await harness.store.listsPartDigests(key)).toBe(true);
    });

    test('takes a large file that goes through the service', async () => {
      const { proxy, store, harness } = current();
      listsNoPartChecksums(proxy);

      await put(store, key, randomBytes(17 * MIB));

      await takeAway(harness.store, key);
    });

    test('is found out once, and leaves no upload of that behind', async () => {
      const { proxy, store } = current();
      listsNoPartChecksums(proxy);
      const first = await store.beginMultipart(key, termsFor(bytes), plan);
      const asked = proxy.seen.length;
      expect(asked).toBeGreaterThan(1);
      const second = await store.beginMultipart(key, termsFor(bytes), plan);

      expect(proxy.seen.slice(asked).map((one) => one.split(' ')[0])).toEqual(['POST']);
      for (const upload of [first, second]) await store.abortMultipart(upload);
    });

    test('that does list them is asked for them', async () => {
      const { proxy, store, harness } = current();
      const { upload, partOf } = await begin(
        { ...harness, store },
        key,
        parts[1] ?? Buffer.alloc(0),
        true,
      );

      expect((await store.signPart(upload, partOf(1), 60)).url).toContain('x-amz-checksum-sha256');
      expect(proxy.seen.filter((one) => LIST_PARTS.url.test(one)).length).toBeGreaterThan(0);
      await store.abortMultipart(upload);
    });
  },
);
