/** Opening downloads: who gets the token. */
import { expect, test } from '@jest/globals';
import { openDownload } from '../../client/download.ts';
import { StowageClient } from '../../client/stowage-client.ts';
import { scripted } from './scripted-fetch.ts';

const about = { expiresAt: '', size: 1, sha256: '', filename: 'tool.zip', contentType: '' };

function opened(url: string) {
  const script = scripted(new Response('x'));
  const client = new StowageClient({
    url: 'http://house.test',
    token: 'stw_token',
    fetch: script.fetch,
  });
  const request = {
    versionId: '1.0+a',
    file: 'tool.zip',
    link: { ...about, url },
    range: { start: 5, etag: '"e"' },
  };
  return { script, opening: openDownload(client, request) };
}

test.each([
  'http://house.test/blobs/packages/1.0%2Ba/tool.zip?expires=1&signature=x',
  'https://bucket.s3.test/packages/1.0%2Ba/tool.zip?X-Amz-Signature=x',
  'https://elsewhere.test/other/path.zip',
])('the storage at %s gets the range and no token', async (url) => {
  const { script, opening } = opened(url);

  await opening;

  const [asked] = script.asked;
  expect(asked?.url).toBe(url);
  expect(asked?.headers.get('authorization')).toBeNull();
  expect(asked?.headers.get('range')).toBe('bytes=5-');
  expect(asked?.headers.get('if-range')).toBe('"e"');
  expect(asked?.headers.get('accept-encoding')).toBe('identity');
});

test('a service that sends the bytes itself is asked at its own address, whatever host the link names', async () => {
  const { script, opening } = opened('https://elsewhere.test/packages/1.0%2Ba/tool.zip');

  await opening;

  expect(script.asked[0]?.url).toBe('http://house.test/packages/1.0%2Ba/tool.zip');
  expect(script.asked[0]?.headers.get('authorization')).toBe('Bearer stw_token');
});

test('a store by https can not redirect to plain http', async () => {
  const location = 'http://bucket.s3.test/packages/tool.zip?X-Amz-Signature=x';
  const script = scripted(new Response(null, { status: 307, headers: { location } }));
  const client = new StowageClient({ url: 'http://house.test', fetch: script.fetch });
  const link = { ...about, url: 'https://bucket.s3.test/packages/tool.zip?X-Amz-Signature=x' };

  const opening = openDownload(client, { versionId: '1.0', file: 'tool.zip', link });

  await expect(opening).rejects.toMatchObject({ code: 'UNSAFE_REQUEST' });
  expect(script.asked).toHaveLength(1);
});

test('in a browser, which hides where a redirect leads, the browser follows it', async () => {
  const hidden = Object.defineProperty(new Response(), 'type', { value: 'opaqueredirect' });
  const script = scripted(hidden, new Response('x'));
  const client = new StowageClient({ url: 'http://house.test', fetch: script.fetch });
  const link = { ...about, url: 'https://bucket.s3.test/packages/tool.zip?X-Amz-Signature=x' };

  const response = await openDownload(client, { versionId: '1.0', file: 'tool.zip', link });

  expect(await response.text()).toBe('x');
});
