/**
 * DiskStore follows no symbolic link in its folders: it writes neither bytes nor marks through one.
 */
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  begin,
  bytesOf,
  keyOf,
  put,
  sendPart,
  TTL_SECONDS,
  takeAway,
} from './blob-contract/harness.ts';
import { type DiskHarness, openDiskHarness } from './disk-harness.ts';

const key = keyOf('linux-x64.tar.gz');
const bytes = bytesOf(150_000);
const SECRET = 'what others keep here';

let harness: DiskHarness;
let outside: string;
let target: string;

beforeEach(async () => {
  harness = await openDiskHarness();
  outside = await mkdtemp(join(tmpdir(), 'stowage-outside-'));
  target = join(outside, 'target');
  await writeFile(target, SECRET);
});
afterEach(async () => {
  const [secret, names] = [await readFile(target, 'utf8'), await readdir(outside)];
  await rm(outside, { recursive: true });
  await harness.close();
  expect([secret, names]).toEqual([SECRET, ['target']]);
});

/** Begins an upload. @returns it, and a function for paths in its folder */
async function underWay() {
  const upload = await begin(harness, key, bytes);
  const path = (...names: readonly string[]) =>
    join(harness.root, '.stowage', 'uploads', upload.upload.uploadId, ...names);
  return { ...upload, path };
}

describe('a link in the folder of a multipart upload', () => {
  test('in place of the data receives no part', async () => {
    const { upload, partOf, path } = await underWay();
    await rm(path('data'));
    await symlink(target, path('data'));

    expect(await sendPart(harness, upload, partOf(1))).toBeGreaterThanOrEqual(400);

    expect(await harness.store.listParts(upload)).toEqual([]);
    await harness.store.abortMultipart(upload);
  });

  test('in place of the data is not published', async () => {
    const { upload, partOf, path } = await underWay();
    for (const part of [1, 2]) expect(await sendPart(harness, upload, partOf(part))).toBe(200);
    await rename(path('data'), join(harness.root, 'aside'));
    await symlink(target, path('data'));

    await expect(harness.store.completeMultipart(upload)).rejects.toThrow();

    expect(await harness.store.stat(key)).toBeUndefined();
    await harness.store.abortMultipart(upload);
    await rm(join(harness.root, 'aside'));
  });

  test('in place of the mark of a part is not emptied', async () => {
    const { upload, partOf, path } = await underWay();
    await symlink(target, path('parts', '1'));

    await sendPart(harness, upload, partOf(1));

    expect(await readFile(target, 'utf8')).toBe(SECRET);
    await harness.store.abortMultipart(upload);
  });

  test('in place of the new copy of a part is not written', async () => {
    const { upload, partOf, path } = await underWay();
    expect(await sendPart(harness, upload, partOf(1))).toBe(200);
    await symlink(target, path('again-1'));

    await sendPart(harness, upload, partOf(1));

    expect(await readFile(target, 'utf8')).toBe(SECRET);
    await harness.store.abortMultipart(upload);
  });

  test('in place of the folder of marks creates nothing outside', async () => {
    const { upload, partOf, path } = await underWay();
    await rm(path('parts'), { recursive: true });
    await symlink(outside, path('parts'));

    expect(await sendPart(harness, upload, partOf(1))).toBeGreaterThanOrEqual(400);

    await harness.store.abortMultipart(upload);
  });

  test('in place of the whole folder is no upload after a restart, and its target stays', async () => {
    const { upload, path } = await underWay();
    const aside = join(harness.root, 'aside');
    await rename(path(), aside);
    await symlink(aside, path());

    const reopened = await harness.reopen({ recover: false });

    await expect(reopened.listParts(upload)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await reopened.close();
    await harness.store.abortMultipart(upload);
    expect(await readdir(aside)).toEqual(['data', 'parts', 'upload.json']);
    await rm(aside, { recursive: true });
  });

  test('in place of upload.json is not read', async () => {
    const { upload, path } = await underWay();
    await rename(path('upload.json'), join(harness.root, 'aside'));
    await symlink(join(harness.root, 'aside'), path('upload.json'));

    const reopened = await harness.reopen({ recover: false });

    await expect(reopened.listParts(upload)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await reopened.close();
    await harness.store.abortMultipart(upload);
    await rm(join(harness.root, 'aside'));
  });
});

describe('a link elsewhere', () => {
  test('in place of the note of a file is neither read nor written', async () => {
    await put(harness.store, key, 'pad');
    const notes = join(harness.root, '.stowage', 'arrived');
    const [name = ''] = await readdir(notes);
    await rename(join(notes, name), join(harness.root, 'aside'));
    await symlink(join(harness.root, 'aside'), join(notes, name));

    expect((await harness.store.stat(key))?.attemptId).toBeUndefined();

    await takeAway(harness.store, key);
    await rm(join(harness.root, 'aside'));
  });

  test('in place of a published file is not sent, even if it came after the file was looked up', async () => {
    await put(harness.store, key, 'pad');
    const path = join(harness.root, key);
    const terms = { contentType: 'a/b', contentDisposition: 'attachment' };
    const request = await harness.store.signDownload(key, terms, TTL_SECONDS);
    const store = harness.store as { fileFor: typeof harness.store.fileFor };
    const fileFor = store.fileFor.bind(harness.store);
    store.fileFor = async (asked) => {
      const file = await fileFor(asked);
      await rename(path, join(harness.root, 'aside'));
      await symlink(target, path);
      return file;
    };

    const answer = await harness.send(request).catch(() => undefined);

    expect(answer?.body.toString() ?? '').not.toContain(SECRET.slice(0, 3));
    store.fileFor = fileFor;
    await rm(path);
    await rename(join(harness.root, 'aside'), path);
    await takeAway(harness.store, key);
  });

  test('in place of the folder of a version is not followed', async () => {
    await mkdir(join(harness.root, 'aside'));
    await writeFile(join(harness.root, 'aside', 'linux-x64.tar.gz'), SECRET);
    const folder = join(harness.root, key, '..');
    await symlink(join(harness.root, 'aside'), folder);

    await expect(harness.store.get(key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(put(harness.store, key, 'pad')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });

    await rm(folder);
    await rm(join(harness.root, 'aside'), { recursive: true });
  });
});
