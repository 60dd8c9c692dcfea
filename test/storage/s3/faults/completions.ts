/**
 * Completions over a real store: before the bytes, after them, twice, at once or never; and with
 * missing permissions.
 */
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { deletePackage } from '../../../../core/lifecycle/lifecycle.ts';
import { verifyUpload } from '../../../../core/publishing/verify-upload.ts';
import { abortUpload } from '../../../../core/uploads/abort-upload.ts';
import { completeUpload } from '../../../../core/uploads/complete-upload.ts';
import { sweep } from '../../../../core/uploads/sweep.ts';
import type { S3Integrity } from '../../../../storage/s3/bucket/s3-settings.ts';
import { ref } from '../../../core/world.ts';
import { says } from '../../../support/fault-proxy.ts';
import type { S3Server } from '../../../support/servers/s3-server.ts';
import { collect, takeAway, withCode } from '../../blob-contract/harness.ts';
import { METHODS, PublishingHouse, requestOf } from './publishing-house.ts';

const TTL = 900;
const RETENTION = 604_800;

export function describeCompletions(server: () => S3Server, integrity: S3Integrity): void {
  describe('completing over a real store', () => {
    const house = new PublishingHouse(server, integrity);

    describe.each(METHODS)('an upload that is %s', (method) => {
      test('completed before its bytes must be sent first, and then goes on', async () => {
        const created = await house.world.create('bytes', { method });
        await expect(house.finish()).rejects.toEqual(withCode('NOT_UPLOADED'));
        expect(await house.world.stateNow()).toBe('pending');

        await house.send(requestOf(created), 'bytes');

        expect(await house.finish()).toMatchObject({ state: 'available' });
        await takeAway(house.behindProxy.harness.store, created.record.key);
      });

      test('is published once where its completion comes twice, and once more after all', async () => {
        const { record } = await house.upload(method);
        await completeUpload(house.world.deps, ref);
        const published = await house.finish();

        house.world.pass(TTL);
        const report = await sweep(house.world.deps, 0);

        expect(await house.finish()).toEqual(published);
        expect(report).toMatchObject({ finished: 0, expired: 0, leftovers: 0, failures: [] });
        expect(await house.stored(record)).toBe('bytes');
        await takeAway(house.behindProxy.harness.store, record.key);
      });

      test('is published once where two complete and verify at once', async () => {
        const { record } = await house.upload(method);
        const other = { ...house.world.deps, store: house.behindProxy.harness.store };

        await Promise.all([completeUpload(house.world.deps, ref), completeUpload(other, ref)]);
        // The second one may find that the upload has just ended; then it asks again.
        const outcomes = await Promise.allSettled([
          verifyUpload(house.world.deps, ref),
          verifyUpload(other, ref),
        ]);
        await house.finish();

        expect(
          outcomes.filter(({ status }) => status === 'fulfilled').length,
        ).toBeGreaterThanOrEqual(1);
        const after = await house.world.catalog.getPackage(ref);
        const info = await other.store.stat(record.key);
        expect(after).toMatchObject({ state: 'available', blob: { etag: info?.etag } });
        expect(await house.stored(record)).toBe('bytes');
        expect(await collect(other.store.leftovers())).toEqual([]);
        await takeAway(other.store, record.key);
      });

      test('stays as it is while reading is denied, and is published after that', async () => {
        const { record } = await house.upload(method);
        const { proxy, harness } = house.behindProxy;
        house.withoutProof();
        proxy.spoil({ method: 'GET', url: /x-id=GetObject/ }, says(403, 'AccessDenied'));

        await expect(house.finish()).rejects.toEqual(withCode('UNAVAILABLE'));
        expect(await house.world.stateNow()).toBe('verifying');
        proxy.mend();

        expect(await house.finish()).toMatchObject({ state: 'available' });
        await takeAway(harness.store, record.key);
      });
    });

    test('a single upload that is never completed is published by the sweep', async () => {
      const { record } = await house.upload('single');
      house.world.pass(TTL);

      await sweep(house.world.deps, 0);
      await house.world.verifyAll();

      expect(await house.world.stateNow()).toBe('available');
      await takeAway(house.behindProxy.harness.store, record.key);
    });

    test('parts that are never completed are kept for the retention, and then removed with the name', async () => {
      await house.upload('multipart');
      house.world.pass(TTL);
      expect(await sweep(house.world.deps, 0)).toMatchObject({
        finished: 0,
        expired: 0,
        leftovers: 0,
      });
      house.world.pass(RETENTION);

      expect(await sweep(house.world.deps, 0)).toMatchObject({ expired: 1, failures: [] });

      expect(await house.world.stateNow()).toBeUndefined();
      expect(await collect(house.behindProxy.harness.store.leftovers())).toEqual([]);
    });

    test('a completion that comes after its upload was given up is NOT_FOUND, and bytes that came late make room', async () => {
      const dead = await house.world.create('bytes');
      await abortUpload(house.world.deps, ref);
      await house.send(requestOf(dead), 'bytes');
      await expect(completeUpload(house.world.deps, ref)).rejects.toEqual(withCode('NOT_FOUND'));

      const second = await house.upload('single', 'other');

      expect(await house.finish()).toMatchObject({
        state: 'available',
        attemptId: second.record.attemptId,
      });
      expect(await house.stored(second.record)).toBe('other');
      await takeAway(house.behindProxy.harness.store, second.record.key);
    });

    describe('a delete', () => {
      test('that is denied is finished by a later sweep', async () => {
        const { record } = await house.upload('single');
        await house.finish();
        const { proxy, harness } = house.behindProxy;
        proxy.spoil({ method: 'DELETE' }, says(403, 'AccessDenied'));
        await expect(deletePackage(house.world.deps, ref)).rejects.toEqual(withCode('UNAVAILABLE'));
        expect(await sweep(house.world.deps, 0)).toMatchObject({
          purged: 0,
          failures: [{ key: record.key }],
        });
        proxy.mend();

        expect(await sweep(house.world.deps, 0)).toMatchObject({ purged: 1, failures: [] });

        expect(await harness.store.stat(record.key)).toBeUndefined();
      });

      test('while the bucket is gone is not noted as done', async () => {
        const { record } = await house.upload('single');
        await house.finish();
        const { client, bucket: Bucket, store } = house.behindProxy.harness;
        await takeAway(store, record.key);
        await client.send(new DeleteBucketCommand({ Bucket }));

        await expect(deletePackage(house.world.deps, ref)).rejects.toEqual(withCode('UNAVAILABLE'));

        expect(await house.world.catalog.getPackage(ref)).toMatchObject({
          state: 'deleted',
          purging: true,
        });
        await client.send(new CreateBucketCommand({ Bucket }));
        expect(await sweep(house.world.deps, 0)).toMatchObject({ purged: 1, failures: [] });
      });
    });
  });
}
