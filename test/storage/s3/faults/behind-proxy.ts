/**
 * An S3Store on a real server whose way there a test can spoil, and the same store by the straight
 * way, to see what really happened.
 */
import { afterEach, beforeEach } from '@jest/globals';
import type { S3Integrity } from '../../../../storage/s3/bucket/s3-settings.ts';
import type { S3Store, S3StoreOptions } from '../../../../storage/s3/s3-store.ts';
import { FaultProxy } from '../../../support/fault-proxy.ts';
import type { S3Server } from '../../../support/servers/s3-server.ts';
import { openS3Harness, type S3Harness } from '../harness.ts';

export interface BehindProxy {
  readonly proxy: FaultProxy;
  /** Goes through the proxy. */
  readonly store: S3Store;
  /** Straight to the server. */
  readonly harness: S3Harness;
}

/**
 * What is asked before the first upload in parts would meet the faults that are meant for the
 * upload itself.
 */
export const ASKS_NOTHING_BEFORE = { triesPartLists: false } as const;

/**
 * Opens and closes with each test of the `describe` in which it is called; what a test leaves in
 * the bucket makes it fail.
 */
export function eachBehindProxy(
  server: () => S3Server,
  integrity: S3Integrity,
  options: Partial<S3StoreOptions> = ASKS_NOTHING_BEFORE,
): () => BehindProxy {
  let opened: BehindProxy | undefined;
  beforeEach(async () => {
    const proxy = await FaultProxy.start(server().endpoint);
    const harness = await openS3Harness(server(), { integrity });
    opened = { proxy, harness, store: harness.reopen({ endpoint: proxy.endpoint, ...options }) };
  });
  afterEach(async () => {
    await opened?.store.close();
    await opened?.proxy.stop();
    await opened?.harness.close();
    opened = undefined;
  });
  return () => {
    if (opened === undefined) throw new Error('there is a store only while a test runs');
    return opened;
  };
}
