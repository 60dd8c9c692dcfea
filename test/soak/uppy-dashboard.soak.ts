/** A large file through Uppy's Dashboard in a browser: paused, resumed, and published whole. */
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { StowageClient } from '../../client/public/client.ts';
import { CHROMIUM } from '../console/browser.ts';
import { ExamplePage } from '../console/example-page.ts';

// Nothing here depends on how long it takes.
jest.setTimeout(3_600_000);

const MIB = 1024 * 1024;
/** 13 parts of 16 MiB, the last one of 8. */
const FILE_BYTES = 200 * MIB;
/** Slow enough that the upload is not over before it is paused. */
const SLOW_BYTES_PER_SECOND = 20 * MIB;

if (CHROMIUM === undefined) {
  test.skip('Chromium is not installed: npm run servers -- Chromium', () => {});
}

(CHROMIUM === undefined ? describe.skip : describe)("Uppy's Dashboard", () => {
  let example: ExamplePage;
  beforeAll(async () => {
    example = await ExamplePage.open('uppy-upload');
  });
  afterAll(() => example?.close());

  test('uploads 200 MiB that are paused and resumed, and sends no stored part again', async () => {
    const path = join(example.folder, 'large.bin');
    const bytes = randomBytes(FILE_BYTES);
    await writeFile(path, bytes);
    const { server, token } = example.desk;
    const client = new StowageClient({ url: server.url, token });
    const storedParts = async (): Promise<readonly number[]> => {
      const upload = await client.getUpload('1.0.0', 'large-bin').catch(() => undefined);
      return upload?.method === 'multipart'
        ? (upload.parts ?? []).map(({ partNumber }) => partNumber)
        : [];
    };
    const page = await example.desk.page();
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    const throttle = (uploadThroughput: number) =>
      network.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      });
    await page.goto(example.url);
    const puts: number[] = [];
    page.on('request', (request) => {
      const part = new URL(request.url()).searchParams.get('part');
      if (request.method() === 'PUT') puts.push(Number(part));
    });

    await throttle(SLOW_BYTES_PER_SECOND);
    await page.locator('.uppy-Dashboard-input').first().setInputFiles(path);
    await page.getByRole('button', { name: 'Upload 1 file' }).click();
    while ((await storedParts()).length < 2) await delay(50);
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText(/^Paused/).waitFor();
    const before = await storedParts();
    const sentBefore = puts.length;
    await throttle(-1);
    // That nothing is sent shows only in time.
    await delay(1000);
    const sentWhilePaused = puts.length - sentBefore;
    const after = await storedParts();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByText('Complete', { exact: true }).waitFor();

    expect(sentWhilePaused).toBe(0);
    expect(after.length).toBeLessThan(13);
    const sentAgain = puts.slice(sentBefore);
    expect(sentAgain.filter((part) => after.includes(part))).toEqual([]);
    expect([...after, ...sentAgain].sort((left, right) => left - right)).toEqual(
      Array.from({ length: 13 }, (_, index) => index + 1),
    );
    expect(before.length).toBeGreaterThan(1);
    const published = await client.getPackage('1.0.0', 'large-bin');
    expect(published).toMatchObject({
      state: 'available',
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
  });
});
