/** Downloads through the gateway: conditions, ranges, security headers, and other origins. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SignedRequest } from '../../../core/ports/blob-store.ts';
import {
  keyOf,
  put,
  TTL_SECONDS,
  takeAway,
  termsFor,
} from '../../storage/blob-contract/harness.ts';
import { type DiskHarness, openDiskHarness } from '../../storage/disk-harness.ts';

const KEY = keyOf('linux-x64.tar.gz', '1.4.0+build.7');
const TERMS = { contentType: 'text/html', contentDisposition: 'attachment; filename="page.html"' };

describe('downloads through the gateway', () => {
  let harness: DiskHarness;
  let request: SignedRequest;
  let etag: string;
  beforeEach(async () => {
    harness = await openDiskHarness({}, { corsOrigins: ['https://app.test'] });
    ({ etag } = await put(harness.store, KEY, '0123456789'));
    request = await harness.store.signDownload(KEY, TERMS, TTL_SECONDS);
  });
  afterEach(async () => {
    await takeAway(harness.store, KEY);
    await harness.close();
  });

  const get = (headers: Readonly<Record<string, string>> = {}) =>
    harness.send(request, undefined, { headers });

  test('an HTML package can run no scripts, and no cache keeps it', async () => {
    expect((await get()).headers).toMatchObject({
      'content-type': 'text/html',
      'content-disposition': TERMS.contentDisposition,
      'x-content-type-options': 'nosniff',
      'content-security-policy': 'sandbox',
      'cache-control': 'private, no-store',
    });
  });

  test('a file that the client already has is 304', async () => {
    const lastModified = (await get()).headers['last-modified'] ?? '';

    for (const headers of [{ 'if-none-match': etag }, { 'if-modified-since': lastModified }]) {
      const answer = await get(headers);
      expect(answer).toMatchObject({ status: 304, headers: { etag } });
      expect(answer.body).toHaveLength(0);
    }
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('a file older than the one that the client has is sent: a channel may go back', async () => {
    const { 'last-modified': lastModified = '' } = (await get()).headers;
    const later = new Date(Date.parse(lastModified) + 60_000).toUTCString();

    const answer = await get({ 'if-modified-since': later });

    expect([answer.status, answer.body.toString()]).toEqual([200, '0123456789']);
  });

  test('another file than the client asked for is 412', async () => {
    const answer = await get({ 'if-match': '"other"' });

    expect(answer).toMatchObject({
      status: 412,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect((await get({ 'if-match': etag })).status).toBe(200);
  });

  test.each(['bytes=0-1,4-5', 'bytes=0-0, -1', 'bytes=4-5,0-1,20-30'])(
    'several ranges, %s, are answered with the whole file',
    async (range) => {
      const answer = await get({ range });

      expect([answer.status, answer.body.toString()]).toEqual([200, '0123456789']);
      expect(answer.headers['content-range']).toBeUndefined();
    },
  );

  test('a range goes on only in the file that it was begun in', async () => {
    const going = await get({ range: 'bytes=4-', 'if-range': etag });
    const changed = await get({ range: 'bytes=4-', 'if-range': '"other"' });

    expect([going.status, going.body.toString()]).toEqual([206, '456789']);
    expect([changed.status, changed.body.toString()]).toEqual([200, '0123456789']);
  });

  test('a weak tag proves nothing where strong comparison is asked for', async () => {
    const ranged = await get({ range: 'bytes=4-', 'if-range': `W/${etag}` });
    const matched = await get({ 'if-match': `"other", W/${etag}` });

    expect([ranged.status, ranged.body.toString()]).toEqual([200, '0123456789']);
    expect(matched.status).toBe(412);
    expect((await get({ 'if-match': `W/"other", ${etag}` })).status).toBe(200);
  });

  test('an unsatisfiable range is a problem with the length of the file', async () => {
    const answer = await get({ range: 'bytes=99-' });

    expect(answer).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */10' } });
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      status: 416,
      code: 'INVALID_INPUT',
    });
    expect(answer.headers).not.toHaveProperty('content-disposition');
  });

  test('several ranges or an invalid one give the whole file', async () => {
    for (const range of ['bytes=0-1,4-5', 'bytes=abc', 'lines=1-2']) {
      expect((await get({ range })).body.toString()).toBe('0123456789');
    }
  });

  test('an expired URL says so', async () => {
    await harness.waitUntil(request.expiresAt);

    const answer = await get();

    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body.toString()).detail).toMatch(/^this URL expired at /);
  });

  test('an origin that is allowed may read what it needs', async () => {
    const allowed = await get({ origin: 'https://app.test' });
    const other = await get({ origin: 'https://evil.test' });

    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.test',
      vary: 'Origin',
    });
    expect(allowed.headers['access-control-expose-headers']).toMatch(/\betag\b/);
    expect(other.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('a refusal can be read from an allowed origin too', async () => {
    const answer = await harness.send(request, undefined, {
      url: `${request.url}x`,
      headers: { origin: 'https://app.test' },
    });

    expect(answer).toMatchObject({
      status: 403,
      headers: { 'access-control-allow-origin': 'https://app.test' },
    });
  });

  test('a preflight is answered for allowed origins, with all headers that an upload has', async () => {
    const upload = await harness.store.signUpload(KEY, termsFor('pad'), TTL_SECONDS);
    const asked = Object.keys(upload.headers).join(', ');
    const preflight = (origin: string) =>
      harness.send(upload, undefined, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'PUT',
          'access-control-request-headers': asked,
        },
      });

    expect(await preflight('https://app.test')).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': 'https://app.test',
        'access-control-allow-methods': expect.stringContaining('PUT'),
        'access-control-allow-headers': asked,
      },
    });
    expect((await preflight('https://evil.test')).headers).not.toHaveProperty(
      'access-control-allow-origin',
    );
  });
});

test('with * any origin may use the gateway', async () => {
  const harness = await openDiskHarness({}, { corsOrigins: ['*'] });
  const request = await harness.store.signDownload(KEY, TERMS, TTL_SECONDS);

  const answer = await harness.send(request, undefined, {
    headers: { origin: 'https://any.test' },
  });

  expect(answer).toMatchObject({ status: 404, headers: { 'access-control-allow-origin': '*' } });
  await harness.close();
});
