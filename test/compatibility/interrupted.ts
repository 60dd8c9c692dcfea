/** The doctor when it is stopped or the store fails: it removes what it stored, or names it. */
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import type { DoctorReport } from '../../core/doctor/report.ts';
import { Meddler } from '../cli/meddler.ts';
import { empty } from '../storage/s3/harness.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { runDoctor, settingsFor } from './doctor-run.ts';

const BUCKET = 'interrupted';

export function describeInterruptions(server: () => S3Server): void {
  /** Runs `work` with a bucket behind a proxy. */
  const throughProxy = async (
    work: (proxy: Meddler, settings: Record<string, string>, client: S3Client) => Promise<void>,
  ) => {
    const { endpoint, region, credentials } = server();
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const proxy = await Meddler.listen();
    proxy.target = endpoint;
    try {
      await work(
        proxy,
        { ...settingsFor(server(), BUCKET), S3_ENDPOINT: proxy.url, S3_PREFIX: 'team/a b' },
        client,
      );
    } finally {
      await proxy.close();
      await client.send(new DeleteBucketCommand({ Bucket: BUCKET }));
      client.destroy();
    }
  };

  describe('stopped or hindered', () => {
    test('it leaves nothing behind where it is stopped while it works', () =>
      throughProxy(async (proxy, settings, client) => {
        const { code, stdout } = await runDoctor(settings, ['--json'], (child) => {
          proxy.decide = ({ method }) => {
            if (method !== 'POST') return 'forward';
            // Once: a second one would end the process at once.
            proxy.decide = () => 'forward';
            child.kill('SIGINT');
            return 'forward';
          };
        });

        expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
        expect(proxy.countOf('PUT', /\/team\/a%20b\/\.stowage-doctor\//)).toBeGreaterThan(10);
        expect(await empty(client, BUCKET)).toEqual([]);
      }));

    test('it says so where it may not delete', () =>
      throughProxy(async (proxy, settings, client) => {
        proxy.decide = ({ method }) => (method === 'DELETE' ? { status: 403 } : 'forward');

        const { code, stdout } = await runDoctor(settings, ['--json']);

        const { findings } = JSON.parse(stdout) as DoctorReport;
        const cleared = findings.find(({ id }) => id === 'cleared');
        expect({ code, verdict: cleared?.verdict }).toEqual({ code: 1, verdict: 'not kept' });
        expect(cleared?.otherwise).toContain('.stowage-doctor/');
        expect((await empty(client, BUCKET)).length).toBeGreaterThan(0);
      }));
  });
}
