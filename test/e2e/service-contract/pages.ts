/** What a browser sees: pages on the public addresses, over HTTP as it speaks it. */
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { type Answer, send } from '../../support/plain-client.ts';
import type { Visit } from './visit.ts';

const HELLO = Buffer.from('hello, world');
const BROWSER = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-encoding': 'gzip, deflate, br',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
};

export function describePages(visit: () => Visit): void {
  /** As a browser whose visitor typed the token as the password. */
  const browse = (here: Visit, path: string, method = 'GET'): Promise<Answer> => {
    const basic = Buffer.from(`me:${here.target.adminToken}`).toString('base64');
    return here.asking(path, { ...BROWSER, authorization: `Basic ${basic}` }, method);
  };

  test('a browser that signs in opens every page, and each is shut off from everything else', async () => {
    const here = visit();
    await here.publish('hello', HELLO, {
      filename: 'hello-linux-x64.txt',
      os: 'linux',
      arch: 'x64',
    });
    const channel = `pages-${here.versionId.slice(-12)}`;
    await here.admin.json('PUT', `/v1/channels/${channel}`, { versionId: here.versionId });

    for (const path of ['/', '/packages', here.stable('').slice(0, -1), `/channels/${channel}`]) {
      const answer = await browse(here, path);

      expect([path, answer.status, answer.headers['content-type']]).toEqual([
        path,
        200,
        'text/html; charset=utf-8',
      ]);
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
      expect(answer.headers['vary']).toMatch(/Accept, Authorization/);
      expect(htmlOf(answer)).toMatch(/<\/html>$/);
      expect(answer.body.length).toBeLessThanOrEqual(15 * 1024);
    }
    const page = htmlOf(await browse(here, `/channels/${channel}`));
    expect(page).toContain(sha256Of('hello, world'));
    expect(page).toContain('Download for Linux');
    await here.admin.call('DELETE', `/v1/channels/${channel}`);
  });

  test('a link of a page leads a browser to the file', async () => {
    const here = visit();
    await here.publish('hello', HELLO, { filename: 'hello world.txt' });
    const page = parse(htmlOf(await browse(here, here.stable('').slice(0, -1))));

    const href = linksOf(page).find((one) => one.endsWith('hello%20world.txt')) ?? '';
    const redirect = await browse(here, new URL(href, here.target.url).pathname);
    const file = await send(String(redirect.headers['location']));

    expect(redirect.status).toBe(302);
    expect(file.body.toString()).toBe('hello, world');
  });

  test('programs get JSON there, as before there were pages', async () => {
    const here = visit();
    await here.publish('hello', HELLO);

    for (const path of ['/', '/packages', here.stable('').slice(0, -1)]) {
      for (const accept of [{}, { accept: '*/*' }, { accept: 'application/json' }]) {
        const answer = await here.asking(path, accept);
        expect([path, answer.headers['content-type']]).toEqual([path, 'application/json']);
        expect(() => JSON.parse(answer.body.toString()) as unknown).not.toThrow();
      }
    }
  });

  test('a browser revalidates a page by its ETag, and asks for its headers alone', async () => {
    const here = visit();
    await here.publish('hello', HELLO);
    const path = here.stable('').slice(0, -1);
    const { headers } = await browse(here, path);

    const again = await here.asking(path, { ...BROWSER, 'if-none-match': String(headers['etag']) });
    const head = await browse(here, path, 'HEAD');

    expect(again.status).toBe(304);
    expect([head.status, head.headers['etag'], head.body.length]).toEqual([
      200,
      headers['etag'],
      0,
    ]);
  });

  test('an address that leads nowhere is a page with the way back, and JSON for programs', async () => {
    const here = visit();

    const page = await browse(here, '/downloads/nothing');
    const json = await here.asking('/downloads/nothing', { accept: '*/*' });

    expect([page.status, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(linksOf(parse(htmlOf(page)))).toContain(
      `${new URL(here.target.url).pathname.replace(/\/$/, '')}/packages`,
    );
    expect([json.status, json.headers['content-type']]).toEqual([404, 'application/problem+json']);
  });

  test('the feed is Atom', async () => {
    const here = visit();
    await here.publish('hello', HELLO);

    const feed = await here.admin.call('GET', '/releases.atom');

    expect([feed.status, feed.headers['content-type']]).toEqual([
      200,
      'application/atom+xml; charset=utf-8',
    ]);
    expect(feed.body.toString()).toContain('<feed xmlns="http://www.w3.org/2005/Atom">');
  });
}

function htmlOf({ headers, body }: Answer): string {
  return (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
}

function linksOf(node: DefaultTreeAdapterTypes.Node): readonly string[] {
  const own = 'attrs' in node ? node.attrs.filter(({ name }) => name === 'href') : [];
  const inner = 'childNodes' in node ? node.childNodes.flatMap(linksOf) : [];
  return [...own.map(({ value }) => value), ...inner];
}
