/**
 * Contract: a signed upload stores exactly the file of its terms, once. A changed one is refused.
 */
import { expect, test } from '@jest/globals';
import {
  type BlobStoreHarness,
  expectRefused,
  expired,
  keyOf,
  keysIn,
  put,
  read,
  type SendOverrides,
  TTL_SECONDS,
  takeAway,
  termsFor,
} from './harness.ts';

export function describeSignedUploads(harness: () => BlobStoreHarness): void {
  const key = keyOf('linux-x64.tar.gz', '1.4.0+build.7');

  test('a signed upload stores exactly the file of its terms', async () => {
    const { store, send } = harness();
    const request = await store.signUpload(key, termsFor('pad'), TTL_SECONDS);

    expect(request.method).toBe('PUT');
    expectRefused(await send(request, 'pax'));
    expect((await send(request, 'pad')).status).toBe(200);

    expect(await read(store, key)).toBe('pad');
    expect(await store.stat(key)).toMatchObject({ size: 3, attemptId: 'attempt-1' });
    await takeAway(store, key);
  });

  test('zero bytes can be uploaded', async () => {
    const { store, send } = harness();
    const request = await store.signUpload(key, termsFor(''), TTL_SECONDS);

    expect((await send(request, '')).status).toBe(200);

    expect(await store.stat(key)).toMatchObject({ size: 0 });
    await takeAway(store, key);
  });

  test('a signed upload has its expiry, and no headers that the HTTP client sets', async () => {
    const { store } = harness();

    const request = await store.signUpload(key, termsFor('pad'), TTL_SECONDS);

    expect(
      Object.keys(request.headers).filter((name) => /^(host|content-length)$|[A-Z]/.test(name)),
    ).toEqual([]);
    expect(request.expiresAt).toBeInstanceOf(Date);
    expect(request.url).toContain('1.4.0%2Bbuild.7');
  });

  const changes: readonly (readonly [string, string, SendOverrides])[] = [
    ['a wrong body of the right length', 'pax', {}],
    ['a shorter body', 'pa', {}],
    ['a longer body', 'padd', {}],
    ['no body', '', {}],
    ['another content type', 'pad', { headers: { 'content-type': 'text/html' } }],
    ['no content type', 'pad', { headers: { 'content-type': undefined } }],
    ['another content disposition', 'pad', { headers: { 'content-disposition': 'inline' } }],
    ['another cache control', 'pad', { headers: { 'cache-control': 'public' } }],
    ['no if-none-match', 'pad', { headers: { 'if-none-match': undefined } }],
    ['another method', 'pad', { method: 'POST' }],
  ];
  test.each(changes)(
    'an upload with %s is refused and stores nothing',
    async (_what, body, overrides) => {
      const { store, send } = harness();
      const request = await store.signUpload(key, termsFor('pad'), TTL_SECONDS);

      expectRefused(await send(request, body, overrides));

      expect(await store.stat(key)).toBeUndefined();
    },
  );

  test('an upload whose connection is cut stores nothing, and can be sent again', async () => {
    const { store, send } = harness();
    const request = await store.signUpload(key, termsFor('pad'), TTL_SECONDS);

    expect((await send(request, 'pa', { contentLength: 3 })).status).not.toBe(200);
    expect(await store.stat(key)).toBeUndefined();
    expect((await send(request, 'pad')).status).toBe(200);

    await takeAway(store, key);
  });

  test('a request works only for its own key', async () => {
    const { store, send } = harness();
    const request = await store.signUpload(key, termsFor('pad'), TTL_SECONDS);
    const other = keyOf('linux-x64.tar.bz2', '1.4.0+build.7');

    expectRefused(await send(request, 'pad', { url: request.url.replace('tar.gz', 'tar.bz2') }));
    expectRefused(await send(request, 'pad', { url: request.url.replace('%2Bbuild', '-build') }));

    expect(await store.stat(other)).toBeUndefined();
    expect(await keysIn(store)).toEqual([]);
  });

  test('an expired request is refused', async () => {
    const { store, send } = harness();
    const request = await expired(harness(), () => store.signUpload(key, termsFor('pad'), 1));

    expectRefused(await send(request, 'pad'));

    expect(await store.stat(key)).toBeUndefined();
  });

  test('a replay after success is refused, and the bytes stay', async () => {
    const { store, send } = harness();
    const request = await store.signUpload(key, termsFor('pad'), TTL_SECONDS);
    await send(request, 'pad');
    const before = await store.stat(key);

    expectRefused(await send(request, 'pad'));
    expectRefused(await send(request, 'pax'));

    expect(await store.stat(key)).toEqual(before);
    expect(await read(store, key)).toBe('pad');
    await takeAway(store, key);
  });

  test('a signed upload never overwrites a file that was stored in the meantime', async () => {
    const { store, send } = harness();
    const request = await store.signUpload(key, termsFor('pad'), TTL_SECONDS);
    await put(store, key, 'other');

    expect((await send(request, 'pad')).status).toBe(412);

    expect(await read(store, key)).toBe('other');
    await takeAway(store, key);
  });

  test('when many signed uploads run at the same time, one wins', async () => {
    const { store, send } = harness();
    const bodies = Array.from({ length: 6 }, (_, i) => `writer ${i} `.repeat(5000 + i));
    const requests = await Promise.all(
      bodies.map((body, i) => store.signUpload(key, termsFor(body, `attempt-${i}`), TTL_SECONDS)),
    );

    const answers = await Promise.all(requests.map((request, i) => send(request, bodies[i])));

    const winners = answers.flatMap(({ status }, i) => (status === 200 ? [i] : []));
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 400)).toHaveLength(5);
    expect(await read(store, key)).toBe(bodies[winners[0] ?? -1]);
    await takeAway(store, key);
  });
}
