/** Contract: a signed download returns the stored bytes with the headers of its terms. */
import { expect, test } from '@jest/globals';
import type { DownloadTerms } from '../../../core/ports/blob-store.ts';
import {
  type BlobStoreHarness,
  expectRefused,
  expired,
  keyOf,
  put,
  TTL_SECONDS,
  takeAway,
} from './harness.ts';

const TERMS: DownloadTerms = {
  contentType: 'application/gzip',
  contentDisposition: `attachment; filename="a 'b' (c).tar.gz"; filename*=UTF-8''a%20%27b%27%20%28c%29.tar.gz`,
};

export function describeSignedDownloads(harness: () => BlobStoreHarness): void {
  const key = keyOf('linux-x64.tar.gz', '1.4.0+build.7');

  test('a download has the type and disposition of its terms, and the ETag of the store', async () => {
    const { store, send } = harness();
    const { etag } = await put(store, key, '0123456789');

    const answer = await send(await store.signDownload(key, TERMS, TTL_SECONDS));

    expect(answer).toMatchObject({
      status: 200,
      headers: {
        'content-type': TERMS.contentType,
        'content-disposition': TERMS.contentDisposition,
        'content-length': '10',
        'accept-ranges': 'bytes',
        etag,
      },
    });
    expect(answer.body.toString()).toBe('0123456789');
    await takeAway(store, key);
  });

  test('zero bytes can be downloaded', async () => {
    const { store, send } = harness();
    await put(store, key, '');

    const answer = await send(await store.signDownload(key, TERMS, TTL_SECONDS));

    expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
    expect(answer.body).toHaveLength(0);
    await takeAway(store, key);
  });

  test('HEAD returns the same headers without the bytes', async () => {
    const { store, send } = harness();
    await put(store, key, '0123456789');
    const request = await store.signDownload(key, { ...TERMS, method: 'HEAD' }, TTL_SECONDS);

    const answer = await send(request);

    expect(request.method).toBe('HEAD');
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-length': '10', 'content-type': TERMS.contentType },
    });
    expect(answer.body).toHaveLength(0);
    await takeAway(store, key);
  });

  test.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=3-5', '345', 'bytes 3-5/10'],
    ['bytes=8-', '89', 'bytes 8-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
    ['bytes=-4', '6789', 'bytes 6-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
  ])('a download with Range: %s returns that part', async (range, body, contentRange) => {
    const { store, send } = harness();
    await put(store, key, '0123456789');

    const answer = await send(await store.signDownload(key, TERMS, TTL_SECONDS), undefined, {
      headers: { range },
    });

    expect(answer).toMatchObject({ status: 206, headers: { 'content-range': contentRange } });
    expect(answer.body.toString()).toBe(body);
    await takeAway(store, key);
  });

  test('a range beyond the file is 416', async () => {
    const { store, send } = harness();
    await put(store, key, '0123456789');
    const request = await store.signDownload(key, TERMS, TTL_SECONDS);

    expect((await send(request, undefined, { headers: { range: 'bytes=10-' } })).status).toBe(416);

    await takeAway(store, key);
  });

  test('a download of a missing file is 404', async () => {
    const { store, send } = harness();

    expect((await send(await store.signDownload(key, TERMS, TTL_SECONDS))).status).toBe(404);
  });

  test('an expired download is refused', async () => {
    const { store, send } = harness();
    await put(store, key, 'pad');
    const request = await expired(harness(), () => store.signDownload(key, TERMS, 1));

    expectRefused(await send(request));

    await takeAway(store, key);
  });

  test('a signed download works only for its own key, method, type and disposition', async () => {
    const { store, send } = harness();
    const other = keyOf('linux-x64.tar.bz2', '1.4.0+build.7');
    await put(store, key, 'pad');
    await put(store, other, 'other');
    const request = await store.signDownload(key, TERMS, TTL_SECONDS);

    expectRefused(
      await send(request, undefined, { url: request.url.replace('tar.gz', 'tar.bz2') }),
    );
    expectRefused(
      await send(request, undefined, {
        url: request.url.replace('application%2Fgzip', 'text%2Fhtml'),
      }),
    );
    expectRefused(
      await send(request, undefined, { url: request.url.replace('attachment', 'inline') }),
    );
    expectRefused(await send(request, undefined, { method: 'DELETE' }));
    expectRefused(await send(request, 'pax', { method: 'PUT' }));

    expect((await send(request)).body.toString()).toBe('pad');
    await takeAway(store, key, other);
  });
}
