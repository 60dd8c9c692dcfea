/** What each page shows, and who sees it. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { type House, openHouse } from '../house.ts';
import { browse, elements, linksNamed, pageOf } from './page.ts';

let house: House;
let admin: string;
let publisher: string;
let reader: string;

beforeEach(async () => {
  ({ house, admin, publisher, reader } = await openHouse());
});

async function push(versionId: string, filename: string, wanted: object = {}): Promise<void> {
  const answer = await house.push(publisher, versionId, { filename, ...wanted }, `of ${filename}`);
  expect(answer.status).toBe(200);
}

async function point(channel: string, versionId: string, isPublic = false): Promise<void> {
  const body = { versionId, public: isPublic };
  const answer = await house.call('putChannel', { token: admin, path: { channel }, body });
  expect(answer.status).toBe(200);
}

describe('the first page', () => {
  test('names the channels and the newest versions, and links to them', async () => {
    for (const patch of Array.from({ length: 12 }, (_, index) => index)) {
      house.now = new Date(house.now.getTime() + 1000);
      await push(`1.0.${patch}`, 'tool.zip');
    }
    await point('stable', '1.0.3');

    const page = pageOf(await browse(house, 'getIndex', { token: reader }));

    expect(linksNamed(page, 'stable')).toEqual(['/channels/stable']);
    expect(linksNamed(page, '1.0.11')).toEqual(['/packages/1.0.11']);
    expect(linksNamed(page, '1.0.1')).toEqual([]);
    expect(linksNamed(page, 'All versions')).toEqual(['/packages', '/packages']);
  });

  test('without a token shows public channels alone, and how to sign in', async () => {
    await push('1.0.0', 'tool.zip');
    await push('2.0.0', 'tool.zip');
    await point('stable', '1.0.0', true);
    await point('beta', '2.0.0');

    const page = pageOf(await browse(house, 'getIndex'));

    expect(linksNamed(page, 'stable')).toEqual(['/channels/stable']);
    expect(page.text).not.toMatch(/beta|2\.0\.0/);
    expect(linksNamed(page, 'Sign in')).toEqual(['/packages']);
  });

  test('of an empty service says so, and how to begin', async () => {
    const page = pageOf(await browse(house, 'getIndex', { token: reader }));

    expect(page.text).toContain('No version has been published yet.');
    expect(page.text).toContain('stowage push FILES --version VERSION');
  });

  test('is JSON for programs, with the same content', async () => {
    await push('1.0.0', 'tool.zip');
    await point('stable', '1.0.0');

    const { json } = await house.call('getIndex', { token: reader });

    expect(json).toEqual({
      channels: [
        {
          channel: 'stable',
          versionId: '1.0.0',
          updatedAt: house.now.toISOString(),
          url: 'https://files.example.com/channels/stable',
        },
      ],
      versions: [
        {
          versionId: '1.0.0',
          createdAt: house.now.toISOString(),
          url: 'https://files.example.com/packages/1.0.0',
        },
      ],
      needsToken: false,
      versionsUrl: 'https://files.example.com/packages',
      feedUrl: 'https://files.example.com/releases.atom',
    });
  });
});

describe('a service below a path', () => {
  test('links to its own pages below that path', async () => {
    ({ house, publisher, reader } = await openHouse({ publicUrl: 'https://example.com/files' }));
    await push('1.0.0', 'tool.zip');

    const page = pageOf(
      await browse(house, 'getPublicVersion', { token: reader, path: { versionId: '1.0.0' } }),
    );

    expect(linksNamed(page, 'tool.zip')).toEqual(['/files/packages/1.0.0/tool.zip']);
    expect(linksNamed(page, 'example.com')).toEqual(['/files/']);
  });
});

describe('the page of a version', () => {
  const versionId = '1.4.0';
  const open = (token = reader) =>
    browse(house, 'getPublicVersion', { token, path: { versionId } });

  test('groups files by os and arch, with size and SHA-256', async () => {
    await push(versionId, 'tool-linux-arm64.tar.gz', { os: 'linux', arch: 'arm64' });
    await push(versionId, 'tool-linux-x64.tar.gz', { os: 'linux', arch: 'x64' });
    await push(versionId, 'tool.exe', { os: 'windows', arch: 'x64' });
    await push(versionId, 'latest.yml');

    const page = pageOf(await open());
    const sections = elements(page, 'section').filter(({ attributes }) =>
      ['linux', 'windows', 'macos', 'other'].includes(attributes['id'] ?? ''),
    );

    expect(sections.map(({ attributes }) => attributes['id'])).toEqual([
      'linux',
      'windows',
      'other',
    ]);
    const headings = sections.map((section) =>
      [...elements(section, 'h3'), ...elements(section, 'h4')].map(({ text }) => text),
    );
    expect(headings).toEqual([['Linux', 'x64', 'arm64'], ['Windows', 'x64'], ['Other files']]);
    const [first] = elements(page, 'li');
    expect(first?.text).toContain('24 B');
    expect(elements(page, 'code').map(({ text }) => text)).toContain(
      sha256Of('of tool-linux-x64.tar.gz'),
    );
    expect(linksNamed(page, 'tool.exe')).toEqual(['/packages/1.4.0/tool.exe']);
  });

  test('shows signatures and attestations beside the file they belong to', async () => {
    const names = ['tool.zip', 'tool.zip.minisig', 'tool.zip.sigstore.json', 'tool.zip.blockmap'];
    for (const name of [...names, 'tool.zip.sha256.asc', 'tool.zip.sha256', 'orphan.zip.sig'])
      await push(versionId, name);

    const page = pageOf(await open());
    const items = elements(page, 'li');

    expect(items.map((item) => elements(item, 'a')[0]?.text)).toEqual([
      'orphan.zip.sig',
      'tool.zip',
    ]);
    const beside = items.flatMap((item) => elements(item, 'a').slice(1));
    expect(beside.map(({ text, attributes }) => [text, attributes['title']])).toEqual(
      ['.blockmap', '.minisig', '.sha256', '.sha256.asc', '.sigstore.json'].map((end) => [
        end,
        `tool.zip${end}`,
      ]),
    );
    expect(beside.map(({ attributes }) => attributes['href'])).toContain(
      '/packages/1.4.0/tool.zip.minisig',
    );
  });

  test('gives the commands that verify a file, with its values', async () => {
    for (const name of ['tool.zip', 'tool.zip.minisig', 'tool.zip.sigstore.json'])
      await push(versionId, name);

    const { text } = pageOf(await open());

    expect(text).toContain(`echo '${sha256Of('of tool.zip')}  tool.zip' | sha256sum -c`);
    expect(text).toContain('minisign -Vm tool.zip -P PUBLIC_KEY');
    expect(text).toContain('cosign verify-blob tool.zip --bundle tool.zip.sigstore.json');
    expect(text).toContain(
      'curl -n -fL https://files.example.com/packages/1.4.0/SHA256SUMS | sha256sum -c --ignore-missing',
    );
  });

  test('renders the notes, and loads no picture of them', async () => {
    await push(versionId, 'tool.zip');
    const notes =
      '# New\n\n- **fast** `code` [docs](https://example.org/a?b=1&c=2)\n\n![shot](https://example.org/x.png)\n\n| a | b |\n|:-|-:|\n| 1 | 2 |';
    await house.call('putVersion', { token: publisher, path: { versionId }, body: { notes } });

    const page = pageOf(await open());

    expect(elements(page, 'h3').map(({ text }) => text)).toContain('New');
    expect(elements(page, 'strong').map(({ text }) => text)).toEqual(['fast']);
    expect(linksNamed(page, 'docs')).toEqual(['https://example.org/a?b=1&c=2']);
    expect(linksNamed(page, 'shot')).toEqual(['https://example.org/x.png']);
    expect(elements(page, 'td').map(({ text }) => text)).toEqual(['1', '2']);
    expect(elements(page, 'img')).toEqual([]);
  });

  test('shows a yanked file with the reason, and no link to it', async () => {
    await push(versionId, 'tool.zip');
    const path = { versionId, packageId: 'tool' };
    const body = { reason: 'deletes files' };
    expect((await house.call('yankPackage', { token: admin, path, body })).status).toBe(200);

    const page = pageOf(await open());

    expect(page.text).toContain('Yanked: deletes files');
    expect(linksNamed(page, 'tool.zip')).toEqual([]);
  });

  test('of a version without files says so', async () => {
    await house.call('putVersion', {
      token: publisher,
      path: { versionId },
      body: { notes: 'soon' },
    });

    expect(pageOf(await open()).text).toContain('This version has no files yet.');
  });

  test('of a draft is not there, not even for publishers', async () => {
    await house.call('putVersion', {
      token: publisher,
      path: { versionId },
      body: { draft: true },
    });

    const answer = await open(publisher);

    expect(answer.status).toBe(404);
    expect(pageOf(answer).text).toContain('there is no version 1.4.0');
  });

  test('shows no metadata', async () => {
    await push(versionId, 'tool.zip', { metadata: { commit: 'internal-9f2c1d7' } });

    expect((await open()).text).not.toContain('internal-9f2c1d7');
  });

  test('describes itself for previews and search engines', async () => {
    await push(versionId, 'tool.exe', { os: 'windows', arch: 'x64' });

    const page = pageOf(await open());
    const properties = elements(page, 'meta').map(({ attributes }) => attributes['property']);
    const block = elements(page, 'script').find(
      ({ attributes }) => attributes['type'] === 'application/ld+json',
    );

    expect(properties).toEqual(expect.arrayContaining(['og:title', 'og:url', 'og:description']));
    expect(JSON.parse(block?.text ?? '')).toEqual({
      '@context': 'https://schema.org',
      '@type': 'SoftwareApplication',
      name: 'files.example.com',
      softwareVersion: '1.4.0',
      datePublished: house.now.toISOString(),
      url: 'https://files.example.com/packages/1.4.0',
      operatingSystem: 'Windows',
    });
  });
});

describe('the page of a channel', () => {
  const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/140.0';
  const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0';

  beforeEach(async () => {
    await push('1.4.0', 'tool.dmg', { os: 'macos', arch: 'universal', bundle: 'dmg' });
    await push('1.4.0', 'tool.exe', { os: 'windows', arch: 'x64', bundle: 'exe' });
    await push('1.4.0', 'tool.exe.blockmap');
  });

  const open = (headers: Record<string, string>, token?: string) =>
    browse(house, 'getChannel', { token, path: { channel: 'stable' }, headers });
  const buttonOf = async (headers: Record<string, string>) => {
    const page = pageOf(await open(headers, reader));
    const button = elements(page, 'a').find(({ attributes }) => attributes['class'] === 'button');
    return button && [button.text, button.attributes['href']];
  };

  test('has a button for the computer that the browser runs on, and else the list alone', async () => {
    await point('stable', '1.4.0');

    expect(await buttonOf({ 'user-agent': MAC })).toEqual([
      'Download for macOS',
      '/packages/1.4.0/tool.dmg',
    ]);
    expect(await buttonOf({ 'user-agent': WINDOWS })).toEqual([
      'Download for Windows',
      '/packages/1.4.0/tool.exe',
    ]);
    expect(await buttonOf({ 'user-agent': MAC, 'sec-ch-ua-platform': '"Windows"' })).toEqual([
      'Download for Windows',
      '/packages/1.4.0/tool.exe',
    ]);
    expect(await buttonOf({ 'user-agent': 'FreeBSD amd64' })).toBeUndefined();
    expect(await buttonOf({})).toBeUndefined();
    const page = pageOf(await open({}, reader));
    expect(page.text).toContain('Choose the file for your computer from the list.');
    expect(linksNamed(page, 'tool.exe')).toEqual(['/packages/1.4.0/tool.exe']);
  });

  test('says in Vary what the button depends on', async () => {
    await point('stable', '1.4.0');

    const { headers } = await open({ 'user-agent': MAC }, reader);

    expect(headers['vary']).toBe(
      'Accept, Authorization, Accept-Encoding, Sec-CH-UA-Platform, User-Agent',
    );
  });

  test('that is public needs no token, and links below itself', async () => {
    await point('stable', '1.4.0', true);

    const page = pageOf(await open({}));

    expect(linksNamed(page, 'tool.exe')).toEqual(['/channels/stable/tool.exe']);
    expect(linksNamed(page, '1.4.0')).toEqual([]);
    expect(page.text).toContain('curl -fL https://files.example.com/channels/stable/SHA256SUMS');
  });

  test('at a version that it remembers shows that one', async () => {
    await point('stable', '1.4.0', true);
    await push('2.0.0', 'tool.exe');
    house.now = new Date(house.now.getTime() + 1000);
    await point('stable', '2.0.0', true);

    const answer = await browse(house, 'getChannel', {
      path: { channel: 'stable' },
      query: { at: '1.4.0' },
    });

    expect(linksNamed(pageOf(answer), 'tool.dmg')).toEqual(['/channels/stable/tool.dmg?at=1.4.0']);
  });
});

describe('without a token', () => {
  test('a page asks for one as browsers understand it, and says how to sign in', async () => {
    for (const operation of ['listPublicVersions', 'getPublicVersion', 'getChannel'] as const) {
      const path = operation === 'getChannel' ? { channel: 'stable' } : { versionId: '1.0.0' };
      const answer = await browse(
        house,
        operation,
        operation === 'listPublicVersions' ? {} : { path },
      );

      expect([answer.status, answer.headers['www-authenticate']]).toEqual([
        401,
        'Basic realm="stowage", charset="UTF-8"',
      ]);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(pageOf(answer).text).toContain('the password is your token');
    }
  });

  test('programs get the problem that they always got', async () => {
    const { status, headers, json } = await house.call('listPublicVersions');

    expect([status, headers['www-authenticate'], json.code]).toEqual([
      401,
      'Bearer, Basic realm="stowage", charset="UTF-8"',
      'UNAUTHENTICATED',
    ]);
  });

  test('a wrong token gets a page too', async () => {
    const answer = await browse(house, 'listPublicVersions', {
      token: `stw_abcdefgh_${'a'.repeat(43)}`,
    });

    expect(answer.status).toBe(401);
    expect(pageOf(answer).text).toContain('Load the page again to sign in.');
  });
});

describe('the feed', () => {
  test('has the newest versions with their notes, and needs what a download needs', async () => {
    await push('1.0.0', 'tool.zip');
    const path = { versionId: '1.0.0' };
    const notes = '**bold** \u0000\u000b <script>alert(1)</script>';
    await house.call('putVersion', { token: publisher, path, body: { notes } });

    const { status, headers, text } = await house.call('getReleaseFeed', { token: reader });

    expect([status, headers['content-type']]).toEqual([200, 'application/atom+xml; charset=utf-8']);
    expect(text).toContain('<id>https://files.example.com/packages/1.0.0</id>');
    expect(text).toContain('&lt;strong>bold&lt;/strong>');
    expect(text).toContain('&amp;lt;script');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no way to write them
    expect(text).not.toMatch(/[\u0000-\u0008\u000b]/);
    expect((await house.call('getReleaseFeed')).status).toBe(401);
    const again = { token: reader, headers: { 'if-none-match': headers['etag'] ?? '' } };
    expect((await house.call('getReleaseFeed', again)).status).toBe(304);
  });
});
