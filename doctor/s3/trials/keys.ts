/** Tests that keys with every allowed character are found and listed, and that deleting works. */
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import type { Trial } from '../../../core/doctor/examine.ts';
import { kept, notKept, type TrialResult } from '../../../core/doctor/report.ts';
import { isS3Error } from '../../../storage/s3/bucket/errors.ts';
import { look } from '../../../storage/s3/bucket/stored-object.ts';
import { type Bench, GOOD } from '../bench/bench.ts';
import { REACHED } from './reach.ts';

const GROUP = 'Keys and lists';

export const KEYS: readonly Trial<Bench>[] = [
  {
    id: 'key-with-plus',
    group: GROUP,
    promise: 'a key with a + is the same in uploads, lists and downloads',
    need: 'always',
    otherwise: 'versions such as 1.0.0+build.7 could not be published: use names without +',
    after: REACHED,
    async attempt(bench) {
      const key = bench.newKey('1.0.0+build.7');
      await bench.send(await bench.signUpload(bench.settings.integrity, key, GOOD), GOOD);
      const listed = (await keysUnder(bench, 'packages/1.0.0')).pages.flat();
      const { said, body } = await bench.send(await bench.signDownload(key));
      if (listed.join() !== key) return notKept(`listed: ${listed.join(', ')}`);
      return body.equals(GOOD) ? kept(said) : notKept(`the link says ${said}`);
    },
  },
  {
    id: 'list-pages',
    group: GROUP,
    promise: 'lists have all keys in their order, page by page',
    need: 'always',
    otherwise: 'the sweep and stowage verify would overlook files: use another store',
    after: REACHED,
    async attempt(bench) {
      const versions = ['list-b', 'list-a', 'list-Z'];
      const keys = versions.map((version) => bench.newKey(version));
      for (const key of keys) await bench.put(key, GOOD);
      const { pages } = await keysUnder(bench, 'packages/list-');
      const seen = `${pages.flat().length} of ${keys.length} keys in ${pages.length} pages`;
      return pages.flat().join() === keys.sort().join() && pages.length >= 3
        ? kept(seen)
        : notKept(seen);
    },
  },
  {
    id: 'delete',
    group: GROUP,
    promise: 'what is deleted is gone',
    need: 'always',
    otherwise: 'the key needs s3:DeleteObject, and with versions s3:DeleteObjectVersion',
    after: REACHED,
    async attempt(bench) {
      const key = bench.newKey();
      await bench.store.delete(key, await bench.put(key, GOOD));
      return (await look(bench.bucket, key)) === undefined
        ? kept('it is gone')
        : notKept('it is still there');
    },
  },
  {
    id: 'delete-if-match',
    group: GROUP,
    promise: 'deleting is bound to an ETag (If-Match on DELETE)',
    need: 'never',
    otherwise:
      'Stowage looks before it deletes, and deletes by version id where there are versions',
    after: 'delete',
    attempt: deletesIfMatching,
  },
];

async function deletesIfMatching(bench: Bench): Promise<TrialResult> {
  const key = bench.newKey();
  await bench.put(key, GOOD);
  const IfMatch = '"0123456789abcdef0123456789abcdef"';
  const command = new DeleteObjectCommand({ ...bench.bucket.object(key), IfMatch });
  try {
    await bench.bucket.client.send(command);
  } catch (error) {
    if (isS3Error(error, 'PreconditionFailed')) return kept('PreconditionFailed');
    // A store without this condition refuses, and deletes nothing. The promise is not kept then,
    // too.
    throw error;
  }
  return notKept('other bytes than those that were named are gone');
}

/** Lists in pages of one. */
async function keysUnder(
  { bucket }: Bench,
  under: string,
): Promise<{ readonly pages: readonly (readonly string[])[] }> {
  const pages: string[][] = [];
  let ContinuationToken: string | undefined;
  // Bounded, because a store may return pages without end.
  while (pages.length < 10) {
    const command: ListObjectsV2Command = new ListObjectsV2Command({
      Bucket: bucket.name,
      Prefix: bucket.prefix + under,
      MaxKeys: 1,
      ...(ContinuationToken !== undefined && { ContinuationToken }),
    });
    const { Contents = [], ...page }: ListObjectsV2CommandOutput =
      await bucket.client.send(command);
    pages.push(Contents.map(({ Key }) => String(Key).slice(bucket.prefix.length)));
    ContinuationToken = page.NextContinuationToken;
    if (page.IsTruncated !== true || ContinuationToken === undefined) break;
  }
  return { pages };
}
