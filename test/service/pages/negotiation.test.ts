/** Who gets a page, who gets JSON, and what caches and browsers may keep of either. */
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { wantsHtml } from '../../../service/pages/wants-html.ts';
import { type House, openHouse } from '../house.ts';
import { browse, pageOf } from './page.ts';

const BROWSERS = {
  chromium:
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  firefox: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  safari: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  lynx: 'text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01',
  w3m: 'text/html, text/*;q=0.5, image/*, application/*, */*;q=0.1',
  'curl that asks for it': 'text/html',
  'one that prefers it': 'application/json;q=0.5, TEXT/HTML;q=0.6',
};
const PROGRAMS = {
  'no header': undefined,
  empty: '',
  curl: '*/*',
  axios: 'application/json, text/plain, */*',
  'a fetch for JSON': 'application/json',
  'a wildcard of text': 'text/*',
  'another type of text': 'text/plain',
  'HttpURLConnection of Java': 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2',
  'HttpURLConnection of newer Java': 'text/html, image/gif, image/jpeg, */*; q=0.2',
  'one that takes both alike': 'application/json, text/html',
  'one that prefers JSON': 'text/html;q=0.8, application/json',
  'one that refuses HTML': 'text/html;q=0, */*',
  'one with a wrong quality': 'text/html;q=high',
  'one whose type only begins like it': 'text/html-fragment',
};

describe('a page comes', () => {
  test.each(Object.entries(BROWSERS))('for %s', (_, accept) => {
    expect(wantsHtml(accept)).toBe(true);
  });

  test.each(Object.entries(PROGRAMS))('not for %s', (_, accept) => {
    expect(wantsHtml(accept)).toBe(false);
  });
});

describe('answers', () => {
  let house: House;
  let reader: string;
  const OPEN = [
    ['getIndex', {}],
    ['listPublicVersions', {}],
    ['getPublicVersion', { versionId: '1.0.0' }],
    ['getChannel', { channel: 'stable' }],
  ] as const;

  beforeEach(async () => {
    const opened = await openHouse();
    ({ house, reader } = opened);
    await house.publish('1.0.0', 'tool.zip');
    const path = { channel: 'stable' };
    const body = { versionId: '1.0.0' };
    await house.call('putChannel', { token: opened.admin, path, body });
  });

  test.each(OPEN)('of %s have an ETag of their own, in each form', async (operation, path) => {
    const json = await house.call(operation, { token: reader, path });
    const page = await browse(house, operation, { token: reader, path });
    const etags = [json, page].map(({ headers }) => headers['etag'] ?? '');

    expect(new Set(etags).size).toBe(2);
    for (const known of etags) {
      const headers = { 'if-none-match': known };
      const statuses = [
        (await house.call(operation, { token: reader, path, headers })).status,
        (await browse(house, operation, { token: reader, path, headers })).status,
      ];
      expect(statuses).toEqual(known === etags[0] ? [304, 200] : [200, 304]);
    }
  });

  test.each(OPEN)(
    'of %s say what they vary by, and are kept by the browser alone',
    async (operation, path) => {
      const json = await house.call(operation, { token: reader, path });
      const page = await browse(house, operation, { token: reader, path });

      expect(json.headers['vary']).toBe('Accept, Authorization');
      expect(page.headers['vary']).toMatch(/^Accept, Authorization, Accept-Encoding/);
      expect(page.headers['cache-control']).toBe('private, no-cache');
      expect(json.headers['content-type']).toBe('application/json');
    },
  );

  test.each(OPEN)(
    'of %s to a HEAD are those to a GET without the body',
    async (operation, path) => {
      for (const coding of ['gzip', 'identity']) {
        const headers = { 'accept-encoding': coding };
        const get = await browse(house, operation, { token: reader, path, headers });
        const head = await browse(house, operation, {
          token: reader,
          path,
          headers,
          method: 'HEAD',
        });
        const length = Buffer.from(get.text, get.raw.isBase64Encoded ? 'base64' : 'utf8').length;

        expect(head.headers).toEqual({ ...get.headers, 'content-length': String(length) });
      }
    },
  );

  test('are compressed where the browser takes that', async () => {
    const open = (coding?: string) =>
      browse(house, 'getIndex', {
        token: reader,
        ...(coding !== undefined && { headers: { 'accept-encoding': coding } }),
      });
    const plain = await open();
    for (const coding of ['gzip', 'gzip, deflate, br, zstd', 'br;q=1.0, GZIP;q=0.5, *;q=0']) {
      const answer = await open(coding);
      const sent = Buffer.from(answer.text, 'base64');

      expect([answer.headers['content-encoding'], answer.raw.isBase64Encoded]).toEqual([
        'gzip',
        true,
      ]);
      expect(gunzipSync(sent).toString()).toBe(plain.text);
      expect(answer.headers['etag']).toBe(plain.headers['etag']);
    }
    for (const coding of ['', 'identity', 'gzip;q=0', 'br, gzip;q=0.000', 'xgzip', '*'])
      expect([coding, (await open(coding)).headers['content-encoding']]).toEqual([
        coding,
        undefined,
      ]);
  });

  test('that say what is wrong are pages for a browser, and problems for a program', async () => {
    const path = { versionId: '9.9.9' };
    const page = await browse(house, 'getPublicVersion', { token: reader, path });
    const json = await house.call('getPublicVersion', { token: reader, path });

    expect([page.status, json.status, json.json.code]).toEqual([404, 404, 'NOT_FOUND']);
    expect(pageOf(page).text).toContain('there is no version 9.9.9');
    expect(page.headers['cache-control']).toBe('no-store');
  });

  test('that say that an address is wrong are pages too', async () => {
    const query = { cursor: 'made-up' };
    const answer = await browse(house, 'listPublicVersions', { token: reader, query });

    expect(answer.status).toBe(400);
    expect(pageOf(answer).text).toContain('cursor');
  });

  test('that fail inside say nothing of why', async () => {
    house.catalog.listVersions = async () => {
      throw new Error('the secret of the disk');
    };
    const answer = await browse(house, 'listPublicVersions', { token: reader });

    expect(answer.status).toBe(500);
    expect(pageOf(answer).text).toContain('Status 500 · request request-1');
    expect(answer.text).not.toContain('secret of the disk');
  });
});
