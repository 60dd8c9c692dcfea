/** Texts of publishers on pages: whatever they hold, a browser finds no markup of theirs in them. */

import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { whyNotFilename } from '../../../core/naming/filenames.ts';
import type { Arch, Os } from '../../../core/platforms.ts';
import { renderIndexPage, renderVersionsPage } from '../../../web/pages/list-pages.ts';
import { siteAt } from '../../../web/pages/page.ts';
import { renderProblemPage } from '../../../web/pages/problem-page.ts';
import { STYLE } from '../../../web/pages/style.ts';
import {
  renderChannelPage,
  renderVersionPage,
  type ShownVersion,
} from '../../../web/pages/version-page.ts';
import { openHouse } from '../house.ts';
import { browse, elements, type Page, pageOf, readHtml } from './page.ts';
import { VECTORS } from './vectors.ts';

const SITE = siteAt('https://files.example.com');
const STRUCTURE =
  'html head body meta title link style script header main footer section div'.split(' ');
const TEXT =
  'a b br code details em h1 h2 h3 h4 h5 h6 hr li ol p pre s span strong summary time ul blockquote table thead tbody tr th td'.split(
    ' ',
  );
const KNOWN_TAGS = new Set([...STRUCTURE, ...TEXT, '#text', '#documentType']);
const KNOWN_ATTRIBUTES = new Set(
  'aria-labelledby charset class content datetime dir href id lang name property rel start title type'.split(
    ' ',
  ),
);
const PROTOCOLS = ['https:', 'http:', 'mailto:'];

/** Everything on a page that its templates do not make. */
function foreignMarkup(page: Page): readonly string[] {
  const found = page.all.flatMap(({ tag, attributes }) => [
    ...(KNOWN_TAGS.has(tag) ? [] : [`<${tag}>`]),
    ...Object.keys(attributes)
      .filter((name) => !KNOWN_ATTRIBUTES.has(name))
      .map((name) => `<${tag} ${name}>`),
  ]);
  const links = elements(page, 'a').map(({ attributes }) => attributes['href'] ?? '');
  const unsafe = links.filter((href) => !PROTOCOLS.includes(new URL(href, SITE.url).protocol));
  const heads = [...elements(page, 'meta'), ...elements(page, 'link')].flatMap(({ attributes }) =>
    'http-equiv' in attributes || attributes['rel'] === 'stylesheet'
      ? [JSON.stringify(attributes)]
      : [],
  );
  const scripts = elements(page, 'script').filter(
    ({ attributes }) => attributes['type'] !== 'application/ld+json',
  );
  const styles = elements(page, 'style').filter(({ text }) => text !== STYLE);
  return [...found, ...unsafe, ...heads, ...[...scripts, ...styles].map(({ tag }) => `<${tag}>`)];
}

/** A version whose every text is the vector. */
function hostileVersion(vector: string): ShownVersion {
  const file = {
    ...{ filename: vector, size: 1, sha256: vector, href: '/x', libc: vector, bundle: vector },
    refused: undefined,
  };
  return {
    ...{ versionId: vector, createdAt: vector, notes: vector, minVersion: vector, path: '/x' },
    files: [
      { ...file, os: 'linux', arch: 'x64' },
      { ...file, os: vector as Os, arch: vector as Arch },
      { ...file, refused: `Yanked: ${vector}` },
      { ...file, filename: `${vector}.minisig` },
      { ...file, filename: `${vector}.sig`, refused: vector },
    ],
    ...{ sumsPath: '/x/SHA256SUMS', needsToken: true, isContinued: false, nextCursor: vector },
  };
}

describe('of each of the vectors', () => {
  test('there are 200 and more', () => {
    expect(VECTORS.length).toBeGreaterThanOrEqual(200);
  });

  test.each(VECTORS)('nothing is markup on any page: %j', (vector) => {
    const version = hostileVersion(vector);
    const listed = { versionId: vector, createdAt: vector, path: '/x' };
    const channel = { channel: vector, versionId: vector, updatedAt: vector, path: '/x' };
    const pages = [
      renderVersionPage(SITE, version),
      renderChannelPage(SITE, version, {
        ...{ channel: vector, updatedAt: vector, versionPath: '/x', button: version.files[0] },
        os: 'linux',
      }),
      renderIndexPage(SITE, { channels: [channel], versions: [listed], needsToken: false }),
      renderVersionsPage(SITE, [listed], { isContinued: false, nextCursor: vector }),
      renderProblemPage(SITE, {
        ...{ status: 404, title: vector, detail: vector, requestId: vector },
      }),
    ];

    for (const page of pages.map(readHtml)) {
      expect(foreignMarkup(page)).toEqual([]);
      for (const { text } of elements(page, 'script'))
        expect(JSON.parse(text)).toMatchObject({ softwareVersion: vector });
    }
    expect(elements(readHtml(pages[4] ?? ''), 'h1').map(({ text }) => text)).toEqual([
      // A parser turns the line ends of HTML into one kind, and leaves out what can be no text.
      vector,
    ]);
  });

  test('nothing is markup when it comes through the API, in names, notes, reasons and metadata', async () => {
    const { house, admin, publisher, reader } = await openHouse();
    const names = VECTORS.filter((vector) => whyNotFilename(vector) === undefined);
    const share = Math.ceil(VECTORS.length / names.length);
    expect(share).toBeLessThan(4);
    for (const [index, filename] of names.entries()) {
      const versionId = `1.0.${index}`;
      const path = { versionId };
      const [reason = 'x', ...others] = VECTORS.slice(index * share, (index + 1) * share);
      const notes = [reason, ...others].join('\n\n');
      const wanted = { filename, metadata: { note: notes } };
      const pushed = await house.push(publisher, versionId, wanted, 'bytes');
      expect(pushed.status).toBe(200);
      await house.call('putVersion', { token: publisher, path, body: { notes } });
      if (index % 2 === 0) {
        const { packageId } = pushed.json.package;
        const body = { reason };
        await house.call('yankPackage', { token: admin, path: { versionId, packageId }, body });
      }

      const page = pageOf(await browse(house, 'getPublicVersion', { token: reader, path }));

      expect([filename, foreignMarkup(page)]).toEqual([filename, []]);
      expect(page.text).toContain(filename);
    }
  });
});

describe('the answer to a browser', () => {
  test('forbids whatever a page does not need, with and without an error', async () => {
    const { house, reader } = await openHouse();
    const hash = createHash('sha256').update(STYLE).digest('base64');
    for (const token of [reader, undefined]) {
      const answer = await browse(house, 'listPublicVersions', { token });
      const policy = answer.headers['content-security-policy'] ?? '';

      expect(policy.split('; ')).toEqual([
        "default-src 'none'",
        `style-src 'sha256-${hash}'`,
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
      ]);
      expect(policy).not.toContain('unsafe');
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(elements(pageOf(answer), 'style').map(({ text }) => text)).toEqual([STYLE]);
    }
  });

  test('loads nothing from anywhere', async () => {
    const { house, reader } = await openHouse();
    const page = pageOf(await browse(house, 'getIndex', { token: reader }));

    expect(
      page.all.filter(({ attributes }) => 'src' in attributes || 'srcset' in attributes),
    ).toEqual([]);
    expect(elements(page, 'link').map(({ attributes }) => attributes['href'])).toEqual([
      'data:,',
      '/releases.atom',
    ]);
    expect(STYLE).not.toMatch(/url\(|@import|[<&"]/);
  });
});
