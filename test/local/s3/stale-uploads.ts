/** A store that drops uploads before their retention ends: the service shortens the retention. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';
import { namesItself } from '../../support/store-manners.ts';
import type { S3House } from './s3-house.ts';

const DAY_SECONDS = 86_400;
const BASE = '/v1/versions/1.0/packages';
const terms = {
  packageId: 'tool',
  ext: 'bin',
  size: 5,
  sha256: sha256Of(Buffer.from('bytes')),
  method: 'multipart',
};

export function describeStaleUploads(house: S3House): void {
  describe('a store that names itself MinIO', () => {
    let proxy: FaultProxy;
    beforeEach(async () => {
      proxy = await FaultProxy.start(house.server.endpoint);
      namesItself(proxy, 'MinIO');
    });
    afterEach(() => proxy.stop());

    async function promised(settings: Readonly<Record<string, string>>) {
      const served = await house.start({ S3_ENDPOINT: proxy.endpoint, ...settings });
      const begunAt = Date.now();
      const { upload } = await house
        .clientOf(served)
        .json<{ upload: { expiresAt: string } }>('POST', BASE, terms);
      const seconds = (Date.parse(upload.expiresAt) - begunAt) / 1000;
      const said = served.book.lines.filter(({ msg }) =>
        String(msg).includes('stale_uploads_expiry'),
      );
      return { days: Math.round(seconds / DAY_SECONDS), said };
    }

    test('is promised a day, and the log says why', async () => {
      const { days, said } = await promised({});

      expect(days).toBe(1);
      expect(said).toMatchObject([{ level: 40, uploadRetentionSeconds: DAY_SECONDS }]);
    });

    test('is believed to keep what UPLOAD_RETENTION_SECONDS says where that is set, and the log says what to set there', async () => {
      const { days, said } = await promised({ UPLOAD_RETENTION_SECONDS: String(3 * DAY_SECONDS) });

      expect(days).toBe(3);
      expect(said).toMatchObject([{ level: 40, uploadRetentionSeconds: 3 * DAY_SECONDS }]);
    });
  });

  test('a store of another name is promised the whole retention', async () => {
    const served = await house.start();
    const { upload } = await house
      .clientOf(served)
      .json<{ upload: { expiresAt: string } }>('POST', BASE, terms);

    expect(Math.round((Date.parse(upload.expiresAt) - Date.now()) / 1000 / DAY_SECONDS)).toBe(7);
  });
}
