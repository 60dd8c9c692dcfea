/** Pages of small and of enormous services: small to load, bounded to make, and complete by their links. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { parseChannelName, parsePackageId, parseVersionId } from '../../../core/names.ts';
import type { PackageRecord } from '../../../core/records.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { type Answer, type House, openHouse } from '../house.ts';
import { browse, elements, type Page, pageOf } from './page.ts';

const BUDGET_BYTES = 15 * 1024;
const GZIP = { 'accept-encoding': 'gzip, deflate, br' };
const NAME_OF_FILE = /^(?:file-\d+|tool)\.zip$/;

let house: House;
let reader: string;
let template: PackageRecord;

beforeEach(async () => {
  ({ house, reader } = await openHouse());
  template = await house.publish('0.0.1', 'tool.zip');
});

/** A version whose files are these. @returns how many records were read of it so far */
async function enterFiles(versionId: string, names: readonly string[]): Promise<() => number> {
  const records = names.map((filename, index) => ({
    ...template,
    ...{ versionId: parseVersionId(versionId), packageId: parsePackageId(`f-${index}`), filename },
    sha256: sha256Of(`${versionId} ${filename}`),
  }));
  const createdAt = house.now.toISOString();
  await house.catalog.createVersion({ versionId: parseVersionId(versionId), createdAt });
  let read = 0;
  house.catalog.listPackages = async (_, __, { limit, after = '0' }) => {
    const end = Number(after) + limit;
    const items = records.slice(Number(after), end);
    read += items.length;
    return end < records.length ? { items, next: String(end) } : { items };
  };
  return () => read;
}

async function enterVersions(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await house.catalog.createVersion({
      versionId: parseVersionId(`1.0.${index}`),
      createdAt: new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString(),
    });
  }
}

function bytesOf({ text, raw }: Answer): number {
  return Buffer.from(text, raw.isBase64Encoded ? 'base64' : 'utf8').length;
}

function nextOf(page: Page): string | undefined {
  const next = elements(page, 'a').find(({ attributes }) => attributes['rel'] === 'next');
  return (
    next && (new URL(next.attributes['href'] ?? '', 'https://x').searchParams.get('cursor') ?? '')
  );
}

/** Every page of a list, one after the other. */
async function readAll(
  operation: 'listPublicVersions' | 'getPublicVersion' | 'getChannel',
  path: Readonly<Record<string, string>>,
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; ) {
    isFirst = false;
    const query = cursor === undefined ? {} : { cursor };
    const options = { token: reader, path, query, headers: GZIP };
    const answer = await browse(house, operation, options);
    expect(bytesOf(answer)).toBeLessThanOrEqual(BUDGET_BYTES);
    const page = pageOf(answer);
    pages.push(page);
    cursor = nextOf(page);
    if (pages.length > 1000) throw new Error('the list has no end');
  }
  return pages;
}

function namesOn(pages: readonly Page[], name: RegExp): readonly string[] {
  return pages
    .flatMap((page) => elements(page, 'a'))
    .filter(({ attributes, text }) => attributes['class'] === 'name' && name.test(text))
    .map(({ text }) => text);
}

describe('a page has at most 15 KB in all', () => {
  test('with 50 files, signatures, notes and commands', async () => {
    const platforms = ['linux', 'macos', 'windows'].flatMap((os) =>
      ['x64', 'arm64'].map((arch) => `tool-1.4.0-${os}-${arch}`),
    );
    const files = platforms.flatMap((name) => [`${name}.tar.gz`, `${name}.zip`]);
    const signed = files.flatMap((name) => [
      name,
      `${name}.minisig`,
      `${name}.sigstore.json`,
      `${name}.sha256`,
    ]);
    await enterFiles('1.4.0', signed.slice(0, 50));
    const notes = Array.from(
      { length: 40 },
      (_, index) =>
        `- Change ${index}: ${sha256Of(String(index)).slice(0, 40)} ([#${index}](https://example.org/${index}))`,
    );
    await house.catalog.changeVersion(
      parseVersionId('1.4.0'),
      { isDraft: false },
      { notes: notes.join('\n') },
    );

    const [page, ...others] = await readAll('getPublicVersion', { versionId: '1.4.0' });

    expect(others).toEqual([]);
    expect(page && elements(page, 'details').length).toBeGreaterThan(10);
  });

  test('the first page, and pages without anything', async () => {
    await enterVersions(20);
    for (const operation of ['getIndex', 'listPublicVersions'] as const) {
      for (const token of [reader, undefined]) {
        const plain = await browse(house, operation, { token });
        expect(bytesOf(plain)).toBeLessThanOrEqual(BUDGET_BYTES * 1.5);
        const compressed = await browse(house, operation, { token, headers: GZIP });
        expect(bytesOf(compressed)).toBeLessThanOrEqual(BUDGET_BYTES / 2);
      }
    }
  });
});

describe('an enormous service', () => {
  test('of 10,000 versions lists them all, each once, the newest first', async () => {
    await enterVersions(10_000);

    const pages = await readAll('listPublicVersions', {});
    const versions = namesOn(pages, /^1\.0\./);

    expect(pages.length).toBe(101);
    expect(versions).toEqual(Array.from({ length: 10_000 }, (_, index) => `1.0.${9_999 - index}`));
  });

  test('with 10,000 files in one version lists them all, in the version and in a channel', async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `file-${index}.zip`);
    await enterFiles('2.0.0', names);
    await house.catalog.putChannel({
      channel: parseChannelName('stable'),
      versionId: parseVersionId('2.0.0'),
      updatedAt: house.now.toISOString(),
    });

    for (const [operation, path] of [
      ['getPublicVersion', { versionId: '2.0.0' }],
      ['getChannel', { channel: 'stable' }],
    ] as const) {
      const pages = await readAll(operation, path);

      expect(pages.length).toBe(200);
      expect(namesOn(pages, NAME_OF_FILE)).toEqual(names);
    }
  });

  test('reads a bounded number of records for a page', async () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `file-${index}.zip`);
    const readSoFar = await enterFiles('2.0.0', names);
    await house.catalog.putChannel({
      channel: parseChannelName('stable'),
      versionId: parseVersionId('2.0.0'),
      updatedAt: house.now.toISOString(),
    });

    await browse(house, 'getChannel', { token: reader, path: { channel: 'stable' } });

    expect(readSoFar()).toBeLessThanOrEqual(1_050);
  });

  test('of channels shows the first hundred', async () => {
    for (let index = 0; index < 250; index++) {
      await house.catalog.putChannel({
        channel: parseChannelName(`channel-${String(index).padStart(3, '0')}`),
        versionId: parseVersionId('0.0.1'),
        updatedAt: house.now.toISOString(),
      });
    }
    const answer = await browse(house, 'getIndex', { token: reader, headers: GZIP });

    expect(namesOn([pageOf(answer)], /^channel-/).length).toBe(100);
    expect(bytesOf(answer)).toBeLessThanOrEqual(BUDGET_BYTES);
  });
});

test('an ETag stays while a list stays, although each answer has a cursor of its own', async () => {
  await enterVersions(150);
  const [first, second] = [
    await browse(house, 'listPublicVersions', { token: reader }),
    await browse(house, 'listPublicVersions', { token: reader }),
  ];

  expect(nextOf(pageOf(first))).not.toBe(nextOf(pageOf(second)));
  expect(first.headers['etag']).toBe(second.headers['etag']);
});

test.each(['a_', '>', '> ', '- ', '[', '*a', '![', '1. ', '`', '|a|b|\n|-|-|\n'])(
  'notes of 64 KiB of %j are a page like any other',
  async (piece) => {
    const notes = piece.repeat(65_536 / piece.length);
    await house.catalog.changeVersion(parseVersionId('0.0.1'), { isDraft: false }, { notes });

    const answer = await browse(house, 'getPublicVersion', {
      token: reader,
      path: { versionId: '0.0.1' },
    });

    expect(answer.status).toBe(200);
    expect(namesOn([pageOf(answer)], NAME_OF_FILE)).toEqual(['tool.zip']);
  },
);
