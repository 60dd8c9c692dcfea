/** The console over a bucket of a real S3 server on another origin: large files by drop, a network that goes, a page that closes. */
import { createHash } from 'node:crypto';
import { CreateBucketCommand, PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { CDPSession, Page } from 'playwright-core';
import { itemsOf } from '../../client/pages.ts';
import { StowageClient } from '../../client/stowage-client.ts';
import { buildConsole, CHROMIUM, Desk } from '../console/browser.ts';
import { findVersitygw, startVersitygw, type Versitygw } from '../support/servers/versitygw.ts';

jest.setTimeout(1_200_000);

const MB = 1_000_000;
const FILES = { 'small.bin': 1000, 'middle.bin': 20 * MB, 'large.bin': 300 * MB } as const;
const BUCKET = 'console';
/** So that the network can go while a file is sent. */
const SLOW = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 20 * MB };

/** Each megabyte holds its number, so that the page and the test make the same bytes. */
function digestOf(size: number): string {
  const hash = createHash('sha256');
  for (let at = 0; at < size; at += MB)
    hash.update(Buffer.alloc(Math.min(MB, size - at), (at / MB) % 251));
  return hash.digest('hex');
}

/** Runs in the page. */
const DROP = `(sizes) => {
  const data = new DataTransfer();
  for (const [name, size] of Object.entries(sizes)) {
    const pieces = [];
    for (let at = 0; at < size; at += ${MB})
      pieces.push(new Uint8Array(Math.min(${MB}, size - at)).fill((at / ${MB}) % 251));
    data.items.add(new File(pieces, name));
  }
  for (const type of ['dragover', 'drop'])
    document.body.dispatchEvent(
      new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }),
    );
}`;

const versitygw = findVersitygw();
const isMissing = CHROMIUM === undefined || versitygw === undefined;
if (isMissing) test.skip('Chromium or versitygw is missing: npm run servers', () => {});

(isMissing ? describe.skip : describe)('the console over a bucket', () => {
  let store: Versitygw;
  let desk: Desk;
  beforeAll(async () => {
    buildConsole();
    store = await startVersitygw(versitygw ?? '');
    const { endpoint, region, credentials } = store;
    const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    desk = await Desk.open({
      STORAGE_TYPE: 's3',
      S3_BUCKET: BUCKET,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY: credentials.accessKeyId,
      S3_SECRET_KEY: credentials.secretAccessKey,
    });
    const rule = {
      AllowedOrigins: [desk.server.url],
      AllowedMethods: ['GET', 'HEAD', 'PUT'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag'],
    };
    await s3.send(
      new PutBucketCorsCommand({ Bucket: BUCKET, CORSConfiguration: { CORSRules: [rule] } }),
    );
    s3.destroy();
  });
  afterAll(async () => {
    await desk?.close();
    await store?.stop();
  });

  const isPart = (url: string) => url.startsWith(store.endpoint) && url.includes('partNumber=');

  /** Drops the files and starts their upload. */
  async function begin(page: Page): Promise<void> {
    await page.evaluate(`(${DROP})(${JSON.stringify(FILES)})`);
    await page.getByLabel('Version to upload to').fill('1.0.0');
    await page.getByRole('button', { name: 'Upload 3 files' }).click();
  }

  const throttle = (session: CDPSession, isOffline: boolean) =>
    session.send('Network.emulateNetworkConditions', { ...SLOW, offline: isOffline });

  test('files of 1 KB, 20 MB and 300 MB are dropped, outlive the network and the page, and are published', async () => {
    const first = await desk.signedIn();
    const session = await first.context().newCDPSession(first);
    await throttle(session, false);
    const stored = () =>
      first.waitForResponse((answer) => isPart(answer.url()) && answer.status() === 200);
    const one = stored();
    await begin(first);
    await one;
    await throttle(session, true);
    await first.getByText('No connection, waiting for it').first().waitFor();
    const next = stored();
    await throttle(session, false);
    await next;
    await first.close({ runBeforeUnload: false });
    const client = new StowageClient({ url: desk.server.url, token: desk.token });
    const { parts: kept = [] } = await client.getUpload('1.0.0', 'large');
    const second = await desk.signedIn();
    const sent = new Set<string>();
    second.on('request', (request) => {
      if (
        request.method() === 'PUT' &&
        request.url().includes('large.bin') &&
        isPart(request.url())
      )
        sent.add(new URL(request.url()).searchParams.get('partNumber') ?? '');
    });

    await begin(second);
    await second.getByText('3 files are published in 1.0.0.').waitFor();

    const published = await itemsOf(client.listPackages('1.0.0'));
    expect(Object.fromEntries(published.map(({ filename, sha256 }) => [filename, sha256]))).toEqual(
      Object.fromEntries(Object.entries(FILES).map(([name, size]) => [name, digestOf(size)])),
    );
    expect((await client.getVersion('1.0.0')).draft).toBe(false);
    expect(kept.length).toBeGreaterThanOrEqual(2);
    expect(sent.size).toBeGreaterThan(0);
    expect(kept.filter(({ partNumber }) => sent.has(String(partNumber)))).toEqual([]);
    const headers = { authorization: `Bearer ${desk.token}`, accept: 'text/html' };
    const page = await fetch(`${desk.server.url}/packages/1.0.0`, { headers });
    expect(await page.text()).toContain('large.bin');
    const { url } = await client.link('1.0.0', 'large.bin');
    const hash = createHash('sha256');
    for await (const piece of (await fetch(url)).body ?? []) hash.update(piece);
    expect(hash.digest('hex')).toBe(digestOf(FILES['large.bin']));
  });
});
