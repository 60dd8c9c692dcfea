/** Names that URLs, headers and stores often garble: a real store returns them unchanged. */
import { describe, expect, test } from '@jest/globals';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { send } from '../../support/plain-client.ts';
import type { S3House } from './s3-house.ts';

const BYTES = Buffer.from('bytes of a release');
const FILENAMES: readonly (readonly [string, string])[] = [
  ['spaces', 'Setup of the tool (64 bit).zip'],
  ['a plus and a percent sign', 'tool+extras 100%.zip'],
  ['quotes and a semicolon', `it's "the" tool; beta.zip`],
  ['other scripts', 'инструмент 工具 – ünïcode 🚀.zip'],
];

interface Created {
  readonly upload: {
    readonly request: { url: string; method: string; headers: Record<string, string> };
  };
}

export function describeNames(house: S3House): void {
  describe.each(['checksum', 'payload'])(
    'names through the store, with uploads bound by %s',
    (S3_INTEGRITY) => {
      test.each(FILENAMES)('a filename with %s is that of the download', async (_, filename) => {
        const client = house.clientOf(await house.start({ S3_INTEGRITY }));
        const versionId = '1.0+build.7';
        const base = `/v1/versions/${encodeURIComponent(versionId)}/packages`;
        const terms = { packageId: 'tool', filename, size: BYTES.length, sha256: sha256Of(BYTES) };
        const { upload } = await client.json<Created>('POST', base, terms);
        const { url, ...request } = upload.request;
        expect((await send(url, { ...request, body: BYTES })).status).toBe(200);
        await client.complete(encodeURIComponent(versionId), 'tool');

        const redirect = await client.call(
          'GET',
          `/packages/${encodeURIComponent(versionId)}/tool.zip`,
        );
        const link = String(redirect.headers['location']);
        const download = await send(link);

        expect(new URL(link).pathname).toContain('/packages/1.0%2Bbuild.7/tool.zip');
        expect({ status: download.status, body: download.body }).toEqual({
          status: 200,
          body: BYTES,
        });
        expect(filenameIn(String(download.headers['content-disposition']))).toBe(filename);
        expect(await house.keys()).toEqual(['packages/1.0+build.7/tool.zip']);
      });
    },
  );

  test('two versions that differ only in a plus and a dot are two', async () => {
    const client = house.clientOf(await house.start());
    await client.push('1.0%2Bbuild', 'tool', Buffer.from('with a plus'), 'single');
    await client.push('1.0.build', 'tool', Buffer.from('with a dot'), 'multipart');

    expect((await client.pull('1.0%2Bbuild', 'tool.bin')).toString()).toBe('with a plus');
    expect((await client.pull('1.0.build', 'tool.bin')).toString()).toBe('with a dot');
  });
}

/** RFC 6266: `filename*` where it is there, else `filename`, a quoted string. */
function filenameIn(disposition: string): string | undefined {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  if (extended !== undefined) return decodeURIComponent(extended);
  return (
    /filename="((?:[^"\\]|\\.)*)"/.exec(disposition)?.[1]?.replaceAll(/\\(.)/g, '$1') ??
    /filename=([^;]+)/.exec(disposition)?.[1]
  );
}
