/**
 * Bytes that change behind our back on a real store: between upload, proof and publishing, and part
 * by part.
 */
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { verifyStore } from '../../../../core/lifecycle/verify-store.ts';
import type { BlobStore } from '../../../../core/ports/blob-store.ts';
import { verifyUpload } from '../../../../core/publishing/verify-upload.ts';
import { completeUpload } from '../../../../core/uploads/complete-upload.ts';
import { signParts } from '../../../../core/uploads/parts.ts';
import type { S3Integrity } from '../../../../storage/s3/bucket/s3-settings.ts';
import { ref, type World } from '../../../core/world.ts';
import type { S3Server } from '../../../support/servers/s3-server.ts';
import { collect, sha256Of, takeAway, withCode } from '../../blob-contract/harness.ts';
import { METHODS, PublishingHouse, requestOf } from './publishing-house.ts';

export function describeReplacedBytes(server: () => S3Server, integrity: S3Integrity): void {
  describe('bytes that change behind our back', () => {
    const house = new PublishingHouse(server, integrity);

    describe.each(METHODS)('an upload that is %s', (method) => {
      test('is rejected if foreign bytes replaced its own', async () => {
        const { record } = await house.upload(method);
        if (method === 'multipart')
          house.between = { completeMultipart: joinedThen(() => house.replace(record, 'BYTES')) };
        else await house.replace(record, 'BYTES');

        await expect(house.finish()).rejects.toEqual(withCode('KEY_OCCUPIED'));

        expect(await house.stored(record)).toBe('BYTES');
        await takeAway(house.behindProxy.harness.store, record.key);
      });

      test('is rejected where other bytes came under its own attempt, and those are removed', async () => {
        const { record } = await house.upload(method);
        if (method === 'multipart')
          house.between = { completeMultipart: joinedThen(() => house.forge(record, 'BYTES')) };
        else await house.forge(record, 'BYTES');

        await expect(house.finish()).rejects.toEqual(withCode('INTEGRITY'));

        expect(await house.behindProxy.harness.store.stat(record.key)).toBeUndefined();
      });

      test('is rejected where its bytes are replaced while they are read back', async () => {
        const { record } = await house.upload(method);
        const { store } = house.behindProxy;
        let isReplaced = false;
        const reading: BlobStore['get'] = async (key, options) => {
          if (!isReplaced) await house.replace(record, 'BYTES');
          isReplaced = true;
          return store.get(key, options);
        };
        house.between = { get: reading };
        house.withoutProof();

        await expect(house.finish()).rejects.toEqual(withCode('KEY_OCCUPIED'));

        expect(await house.stored(record)).toBe('BYTES');
        await takeAway(house.behindProxy.harness.store, record.key);
      });

      test('whose bytes are replaced between proof and publishing is known by the bytes that were proven', async () => {
        const { record } = await house.upload(method);
        const { harness } = house.behindProxy;
        const catalog = publishingAfter(house.world, () => house.replace(record, 'BYTES'));
        const deps = { ...house.world.deps, catalog };

        await completeUpload(deps, ref);
        if (house.world.queue.length > 0) await verifyUpload(deps, ref);

        const published = await house.world.catalog.getPackage(ref);
        expect(published).toMatchObject({ state: 'available', blob: { etag: expect.any(String) } });
        await expect(
          harness.store.get(
            record.key,
            published?.blob === undefined ? {} : { version: published.blob },
          ),
        ).rejects.toEqual(withCode('CONFLICT'));
        expect(
          await collect(verifyStore({ catalog: house.world.catalog, store: harness.store })),
        ).toMatchObject([{ key: record.key, outcome: 'corrupt' }]);
        await takeAway(harness.store, record.key);
      });
    });

    test('bytes that vanish between upload and completion are reported as missing', async () => {
      const { record } = await house.upload('single');
      const { client, bucket } = house.behindProxy.harness;
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: record.key }));

      await expect(house.finish()).rejects.toEqual(withCode('NOT_UPLOADED'));

      expect(await house.world.stateNow()).toBe('pending');
    });

    test('a part that is sent again with other bytes is found by the proof', async () => {
      const created = await house.upload('multipart');
      await house.send(requestOf(created), 'BYTES');

      await expect(house.finish()).rejects.toEqual(withCode('INTEGRITY'));

      expect(await house.behindProxy.harness.store.stat(created.record.key)).toBeUndefined();
    });

    test('a part with a declared SHA-256 that is sent again with other bytes is refused, and what was there counts', async () => {
      const { record } = await house.world.create('bytes', {
        method: 'multipart',
        partChecksums: true,
      });
      const [part] = await signParts(house.world.deps, ref, [1], [sha256Of('bytes')]);
      expect(await house.send(part?.request, 'bytes')).toBe(200);

      expect(await house.send(part?.request, 'BYTES')).toBeGreaterThanOrEqual(400);

      expect(await house.finish()).toMatchObject({ state: 'available' });
      expect(await house.stored(record)).toBe('bytes');
      await takeAway(house.behindProxy.harness.store, record.key);
    });

    /** Joins as the store does, and then lets something happen. */
    function joinedThen(happens: () => Promise<void>): BlobStore['completeMultipart'] {
      return async (one) => {
        const info = await house.behindProxy.store.completeMultipart(one);
        await happens();
        return info;
      };
    }
  });
}

/** A catalog to which something happens just before a package is published in it. */
function publishingAfter({ catalog }: World, happens: () => Promise<void>): World['catalog'] {
  const changePackage: World['catalog']['changePackage'] = async (one, expected, change) => {
    if (change.state === 'available') await happens();
    return catalog.changePackage(one, expected, change);
  };
  return new Proxy(catalog, {
    get(target, name) {
      const value = name === 'changePackage' ? changePackage : Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
