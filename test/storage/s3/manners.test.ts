/**
 * The doctor before stores with the manners of MinIO, SeaweedFS and s3s-fs: it cleans up after
 * itself, and says what follows.
 */
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Finding } from '../../../core/doctor/report.ts';
import { examineBucket } from '../../../doctor/s3/examine-bucket.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';
import type { S3Server } from '../../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../../support/servers/versitygw.ts';
import {
  knowsNoLifecycle,
  knowsNoListOfUploads,
  listsNoPartChecksums,
  listsNoUploads,
  namesItself,
} from '../../support/store-manners.ts';
import { empty } from './harness.ts';

const binary = findVersitygw();

(binary === undefined ? describe.skip : describe)(
  'the doctor on a store with manners of its own',
  () => {
    let server: S3Server;
    let proxy: FaultProxy;
    let client: S3Client;
    let bucket: string;

    beforeAll(async () => {
      server = await startVersitygw(binary ?? '');
      const { endpoint, region, credentials } = server;
      client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    });

    afterAll(async () => {
      client.destroy();
      await server.stop();
    });

    beforeEach(async () => {
      proxy = await FaultProxy.start(server.endpoint);
      bucket = `manners-${randomUUID()}`;
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
    });

    afterEach(() => proxy.stop());

    async function examined(
      integrity: 'checksum' | 'payload' = 'checksum',
    ): Promise<ReadonlyMap<string, Finding>> {
      const { region, credentials } = server;
      const settings = {
        bucket,
        region,
        credentials,
        endpoint: proxy.endpoint,
        addressing: 'auto',
        integrity,
      } as const;
      const options = { settings, corsOrigins: [], clock: () => new Date(), newId: randomUUID };
      const circumstances = { integrity, publicDownloads: false, browsers: false };
      const findings = await examineBucket(options, circumstances, new AbortController().signal);
      return new Map(findings.map((finding) => [finding.id, finding]));
    }

    test('that lists no uploads under a prefix leaves none of its own behind', async () => {
      listsNoUploads(proxy);

      const findings = await examined();

      expect(findings.get('cleared')).toMatchObject({ verdict: 'kept' });
      expect(await empty(client, bucket)).toEqual([]);
    });

    test('that does not list uploads at all leaves neither uploads nor objects behind', async () => {
      knowsNoListOfUploads(proxy);

      const findings = await examined();

      expect(findings.get('cleared')).toMatchObject({ verdict: 'kept' });
      expect(await empty(client, bucket)).toEqual([]);
    });

    test('that names itself MinIO is said to drop uploads after a day, and is given no advice that it can not follow', async () => {
      knowsNoLifecycle(proxy);
      namesItself(proxy, 'MinIO');

      const findings = await examined();

      expect(findings.get('uploads-kept')).toMatchObject({ verdict: 'not kept', needed: false });
      expect(findings.get('uploads-kept')?.seen).toContain('86400 seconds');
      expect(findings.get('lifecycle')?.seen).toContain('takes no such rule');
    });

    test('that lists no checksums of parts keeps all that is needed, in both forms', async () => {
      listsNoPartChecksums(proxy);

      for (const integrity of ['payload', 'checksum'] as const) {
        const findings = await examined(integrity);
        expect(findings.get('sha256-of-parts')).toMatchObject({
          needed: integrity === 'checksum',
          verdict: 'kept',
        });
        expect(findings.get('part-checksums-listed')).toMatchObject({
          needed: false,
          verdict: 'not kept',
        });
        expect(
          [...findings.values()].filter(({ needed, verdict }) => needed && verdict === 'not kept'),
        ).toEqual([]);
      }
    });
  },
);
