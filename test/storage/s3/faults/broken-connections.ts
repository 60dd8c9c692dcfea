/**
 * Connections to a real server break midway, or the store answers SlowDown: what was asked is done
 * once, or not at all.
 */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { S3Connect } from '../../../../storage/s3/bucket/s3-requests.ts';
import type { S3Integrity } from '../../../../storage/s3/bucket/s3-settings.ts';
import { sdkS3 } from '../../../../storage/s3/requests/sdk-client.ts';
import {
  type Fault,
  resetsAnswerAfter,
  resetsRequestAfter,
  says,
} from '../../../support/fault-proxy.ts';
import type { S3Server } from '../../../support/servers/s3-server.ts';
import {
  bytesOf,
  collect,
  keyOf,
  put,
  read,
  sha256Of,
  takeAway,
  termsFor,
  withCode,
} from '../../blob-contract/harness.ts';
import { ASKS_NOTHING_BEFORE, eachBehindProxy } from './behind-proxy.ts';

const MIB = 1024 * 1024;
const PART = /[?&]partNumber=/;

export function describeBrokenConnections(
  server: () => S3Server,
  integrity: S3Integrity,
  connect: S3Connect = sdkS3,
): void {
  const key = keyOf('linux-x64.tar.gz');
  const small = bytesOf(300_000);
  const large = bytesOf(20 * MIB + 7);
  type Named = readonly [string, (bodyBytes: number) => Fault];
  const notDone: readonly Named[] = [
    ['a connection that breaks', resetsRequestAfter],
    ['503 SlowDown', (bodyBytes) => says(503, 'SlowDown', { bodyBytes })],
  ];
  const midway: readonly Named[] = [
    ...notDone,
    ['an answer that is lost', () => resetsAnswerAfter(0)],
  ];

  describe(`on a way that is broken, by ${connect.name}`, () => {
    const current = eachBehindProxy(server, integrity, { ...ASKS_NOTHING_BEFORE, connect });

    test.each(midway)(
      'a put goes on after %s while it is under way, and is stored once',
      async (_, fault) => {
        const { proxy, store, harness } = current();
        proxy.spoil({ method: 'PUT' }, fault(100_000), 1);

        const info = await put(store, key, small);

        // Once more where the store is still busy with the first when the second comes (a 409 is
        // tried again).
        expect(proxy.seen.filter((one) => one.startsWith('PUT')).length).toBeGreaterThanOrEqual(2);
        // The answer to a PUT does not say when the store thinks that was.
        const { lastModified } = info;
        expect(info).toEqual({ ...(await harness.store.stat(key)), lastModified });
        expect(await read(harness.store, key)).toBe(small.toString('latin1'));
        await takeAway(harness.store, key);
      },
    );

    test.each(midway)(
      'a put in parts goes on after %s while a part is under way, and is what it was',
      async (_, fault) => {
        const { proxy, store, harness } = current();
        proxy.spoil({ method: 'PUT', url: PART }, fault(3 * MIB), 2);

        await store.put(key, Readable.from([large]), termsFor(large));

        expect(proxy.seen.filter((one) => PART.test(one))).toHaveLength(4);
        expect(sha256Of(Buffer.from(await read(harness.store, key), 'latin1'))).toBe(
          sha256Of(large),
        );
        await takeAway(harness.store, key);
      },
    );

    test.each(notDone)(
      'a put that meets %s every time is UNAVAILABLE, and nothing is stored',
      async (_, fault) => {
        const { proxy, store, harness } = current();
        proxy.spoil({ method: 'PUT' }, fault(100_000));

        await expect(put(store, key, small)).rejects.toEqual(withCode('UNAVAILABLE'));

        expect(await harness.store.stat(key)).toBeUndefined();
      },
    );

    test('a put in parts of which one never gets through leaves neither file nor parts', async () => {
      const { proxy, store, harness } = current();
      proxy.spoil({ method: 'PUT', url: /partNumber=2/ }, resetsRequestAfter(MIB));

      await expect(store.put(key, Readable.from([large]), termsFor(large))).rejects.toEqual(
        withCode('UNAVAILABLE'),
      );

      expect(await harness.store.stat(key)).toBeUndefined();
      expect(await collect(harness.store.leftovers())).toEqual([]);
    });

    test.each<[string, Fault]>([
      ['a connection that breaks before the answer', resetsAnswerAfter(0)],
      ['a connection that breaks in the middle of a page', resetsAnswerAfter(150)],
      ['503 SlowDown', says(503, 'SlowDown')],
    ])('a list goes on after %s, and is whole', async (_, fault) => {
      const { proxy, store, harness } = current();
      const keys = ['a.zip', 'b.zip', 'c.zip'].map((name) => keyOf(name));
      for (const one of keys) await put(harness.store, one, 'pad');
      proxy.spoil({ method: 'GET', url: /list-type=2/ }, fault, 1);

      const listed = await collect(store.list());

      expect(listed.map((one) => one.key)).toEqual(keys);
      await takeAway(harness.store, ...keys);
    });

    test('a list that breaks in the middle of every page is UNAVAILABLE, and never a short list', async () => {
      const { proxy, store, harness } = current();
      await put(harness.store, key, 'pad');
      proxy.spoil({ method: 'GET', url: /list-type=2/ }, resetsAnswerAfter(150));

      await expect(collect(store.list())).rejects.toEqual(withCode('UNAVAILABLE'));

      await takeAway(harness.store, key);
    });

    test('bytes that break off in the middle are an error to who reads them', async () => {
      const { proxy, store, harness } = current();
      await put(harness.store, key, small);
      proxy.spoil({ method: 'GET' }, resetsAnswerAfter(100_000));

      await expect(read(store, key)).rejects.toEqual(withCode('UNAVAILABLE'));

      await takeAway(harness.store, key);
    });

    test('a delete whose answer is lost is done', async () => {
      const { proxy, store, harness } = current();
      const info = await put(harness.store, key, 'pad');
      proxy.spoil({ method: 'DELETE' }, resetsAnswerAfter(0), 1);

      await store.delete(key, info);

      expect(await harness.store.stat(key)).toBeUndefined();
    });
  });
}
