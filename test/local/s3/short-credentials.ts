/** Signing credentials that end soon: nothing that is signed by them is promised for longer. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { send } from '../../support/plain-client.ts';
import type { S3House } from './s3-house.ts';

const BYTES = Buffer.from('bytes of a release');
const LEFT_MS = 40_000;
const BASE = '/v1/versions/1.0/packages';

interface Signed {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly expiresAt: string;
}

export function describeShortCredentials(house: S3House): void {
  describe.each(['checksum', 'payload'])(
    'with credentials that have 40 s left, and uploads bound by %s',
    (integrity) => {
      const before = { ...process.env };
      let end: number;

      beforeEach(async () => {
        end = Date.now() + LEFT_MS;
        const folder = await house.servings.folder();
        const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } =
          house.server.credentials;
        const answer = {
          Version: 1,
          AccessKeyId,
          SecretAccessKey,
          Expiration: new Date(end).toISOString(),
        };
        await writeFile(join(folder, 'answer.json'), JSON.stringify(answer));
        await writeFile(
          join(folder, 'config'),
          `[profile short]\ncredential_process = cat ${join(folder, 'answer.json')}\n`,
        );
        // The SDK's own chain is asked where the settings name no keys; it reads the environment of the process.
        for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
        Object.assign(process.env, {
          AWS_CONFIG_FILE: join(folder, 'config'),
          AWS_PROFILE: 'short',
        });
      });

      afterEach(() => {
        for (const name of [
          'AWS_CONFIG_FILE',
          'AWS_PROFILE',
          'AWS_ACCESS_KEY_ID',
          'AWS_SECRET_ACCESS_KEY',
        ]) {
          if (before[name] === undefined) delete process.env[name];
          else process.env[name] = before[name];
        }
      });

      const start = async () =>
        house.clientOf(
          await house.start({ S3_INTEGRITY: integrity, S3_ACCESS_KEY: '', S3_SECRET_KEY: '' }),
        );
      const expectToEndWithCredentials = ({
        url,
        expiresAt,
      }: {
        readonly url: string;
        readonly expiresAt: string;
      }) => {
        expect(Date.parse(expiresAt)).toBeLessThanOrEqual(end);
        expect(Date.parse(expiresAt)).toBeGreaterThan(end - LEFT_MS);
        const { searchParams } = new URL(url);
        if (searchParams.has('X-Amz-Expires'))
          expect(Number(searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(40);
      };

      test('a link and an upload end with them, say so, and work until then', async () => {
        const client = await start();
        const terms = {
          packageId: 'tool',
          ext: 'bin',
          size: BYTES.length,
          sha256: sha256Of(BYTES),
        };
        const { upload } = await client.json<{ upload: { request: Signed } }>('POST', BASE, terms);
        expectToEndWithCredentials(upload.request);
        const { url, method, headers } = upload.request;
        expect((await send(url, { method, headers, body: BYTES })).status).toBe(200);
        await client.complete('1.0', 'tool');

        const { items } = await client.json<{ items: readonly [Signed] }>(
          'POST',
          '/v1/versions/1.0/links',
          {
            packageIds: ['tool'],
          },
        );

        expectToEndWithCredentials(items[0]);
        expect((await send(items[0].url)).body).toEqual(BYTES);
      });

      test('no part is promised for longer', async () => {
        const client = await start();
        const terms = {
          packageId: 'tool',
          ext: 'bin',
          size: BYTES.length,
          sha256: sha256Of(BYTES),
          method: 'multipart',
        };
        const { upload } = await client.json<{ upload: { parts: readonly { request: Signed }[] } }>(
          'POST',
          BASE,
          terms,
        );
        const path = `${BASE}/tool/parts`;
        const { parts } = await client.json<typeof upload>('POST', path, { partNumbers: [1] });

        const requests = [...upload.parts, ...parts].map((part) => part.request);
        expect(requests).toHaveLength(2);
        for (const request of requests) expectToEndWithCredentials(request);
      });
    },
  );
}
