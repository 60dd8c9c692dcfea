/** Addresses by filename: each leads to the bytes that were pushed under it, and no two files share one. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeName, normalName, whyNotFilename } from '../../core/naming/filenames.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type House, openHouse } from './house.ts';

let house: House;
let publisher: string;
let reader: string;
let versions = 0;

beforeEach(async () => {
  ({ house, publisher, reader } = await openHouse());
});

/** @returns the URL of the file, or the status of the refusal */
async function push(versionId: string, filename: string): Promise<string | number> {
  const bytes = `bytes of ${filename}`;
  const { status, json } = await house.push(publisher, versionId, { filename }, bytes);
  return status === 200 ? json.package.url : status;
}

/** As API Gateway hands a path on: each variable decoded once. */
async function sumOf(versionId: string, segment: string): Promise<unknown> {
  const path = { versionId, file: decodeURIComponent(segment) };
  const answer = await house.call('downloadPackage', { token: reader, path });
  return answer.status === 302 ? answer.headers['x-checksum-sha256'] : answer.status;
}

/** Names of few characters, each of which means something to a URL, a shell or a file system. */
const unit = fc.constantFrom(
  ...'aAb1.-_~ %+#?&=;:@!$\'()*,"<>[]{}|^`',
  '%2F',
  '%25',
  '%',
  '.tar.gz',
  '\u00e9',
  'e\u0301',
  '大',
  '😀',
);
const filename = fc
  .string({ unit, minLength: 1, maxLength: 12 })
  .filter((name) => whyNotFilename(name) === undefined);

describe('addresses', () => {
  test('of different filenames differ, and each leads to its own bytes', async () => {
    const names = fc.uniqueArray(filename, { minLength: 2, maxLength: 6, selector: normalName });
    await fc.assert(
      fc.asyncProperty(names, async (filenames) => {
        versions += 1;
        const versionId = `1.0.${versions}`;
        const pushed = new Map<string, string>();
        for (const name of filenames) {
          const url = await push(versionId, name);
          // Another file may have this name as its alias: then it is refused, and never mixed up.
          if (typeof url === 'number') expect([name, url]).toEqual([name, 409]);
          else pushed.set(name, url);
        }

        expect(new Set(pushed.values()).size).toBe(pushed.size);
        for (const [name, url] of pushed) {
          const [, , version = '', segment = '', ...more] = new URL(url).pathname.split('/');
          expect([decodeURIComponent(version), decodeURIComponent(segment), more]).toEqual([
            versionId,
            name,
            [],
          ]);
          expect([new URL(url).search, new URL(url).hash]).toEqual(['', '']);
          for (const written of [segment, encodeURIComponent(name)])
            expect([name, await sumOf(versionId, written)]).toEqual([
              name,
              sha256Of(`bytes of ${name}`),
            ]);
        }
      }),
      { numRuns: 100, seed: 12 },
    );
  });

  test('are decoded once: what is encoded twice leads to another file, or to none', async () => {
    await push('1', 'a b');
    await push('1', 'a%20b');

    expect(await sumOf('1', 'a%20b')).toBe(sha256Of('bytes of a b'));
    expect(await sumOf('1', 'a%2520b')).toBe(sha256Of('bytes of a%20b'));
    // `%25` counts as `%` in names: some gateways decode every escape but that one.
    expect(await sumOf('1', 'a%252520b')).toBe(sha256Of('bytes of a%20b'));
    expect(await sumOf('1', 'a+b')).toBe(404);
  });

  test('of names that no file can have are 404', async () => {
    await push('1', 'tool.zip');

    for (const segment of ['%00', 'tool.zip%00', '..%2Ftool.zip', '%2F', '%5C', '%0A', '%E2%80%AE'])
      expect([segment, await sumOf('1', segment)]).toEqual([segment, 404]);
  });

  test('are found in whichever Unicode form a client writes them, as one name', async () => {
    await push('1', 'gr\u00fc\u00dfe');

    expect(await push('1', 'gru\u0308\u00dfe')).toBe(409);
    expect(await sumOf('1', encodeName('gru\u0308\u00dfe'))).toBe(
      sha256Of('bytes of gr\u00fc\u00dfe'),
    );
  });
});
