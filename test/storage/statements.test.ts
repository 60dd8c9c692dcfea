/** What every place for statements promises. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseVersionId, type VersionId } from '../../core/names.ts';
import { type Statements, withFallback } from '../../core/ports/statements.ts';
import { openStore } from '../../open/open-store.ts';
import { MemoryStatements } from '../../storage/memory/memory-statements.ts';
import { S3Statements } from '../../storage/s3/s3-statements.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';
import { openS3Harness } from './s3/harness.ts';

const V1 = parseVersionId('1.0.0+rc.1');
const TEXT = `{"payload":"größe 大"}\n`;

function describeStatements(
  name: string,
  open: () => Promise<{ readonly statements: Statements; close(): Promise<void> }>,
): void {
  describe(`statements in ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    test('are kept once, and never changed', async () => {
      const { statements } = opened;

      expect(await statements.read(V1)).toBeUndefined();
      expect(await statements.keep(V1, TEXT)).toBe(TEXT);
      expect(await statements.keep(V1, 'another')).toBe(TEXT);
      expect(await statements.read(V1)).toBe(TEXT);
    });

    test('of one version are one, however many are made at the same time', async () => {
      const version = `v-${randomUUID()}` as VersionId;
      const texts = ['a', 'b', 'c', 'd'];

      const kept = await Promise.all(texts.map((text) => opened.statements.keep(version, text)));

      expect(new Set(kept).size).toBe(1);
      expect(await opened.statements.read(version)).toBe(kept[0]);
    });
  });
}

describeStatements('memory', async () => ({
  statements: new MemoryStatements(),
  close: async () => {},
}));

describeStatements('a folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'stowage-statements-'));
  const { store, statements } = await openDisk(root);
  return {
    statements,
    close: async () => {
      expect(await readdir(join(root, '.stowage', 'work'))).toEqual([]);
      await store.close();
      await rm(root, { recursive: true });
    },
  };
});

const versitygw = findVersitygw();
if (versitygw === undefined)
  test.skip('statements in a bucket: versitygw is not installed', () => {});
else
  describeStatements('a bucket', async () => {
    const server = await startVersitygw(versitygw);
    const harness = await openS3Harness(server);
    return {
      statements: new S3Statements(harness.store),
      close: async () => {
        const { client, bucket: Bucket } = harness;
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
        for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
        await harness.close();
        await server.stop();
      },
    };
  });

test('statements of the store before a move are read, and taken over', async () => {
  const [own, earlier] = [new MemoryStatements(), new MemoryStatements()];
  await earlier.keep(V1, TEXT);

  expect(await withFallback(own, earlier).read(V1)).toBe(TEXT);

  expect(own.kept.get(V1)).toBe(TEXT);
});

function openDisk(root: string) {
  return openStore(
    { type: 'local', localPath: root },
    {
      clock: () => new Date(),
      newId: randomUUID,
      signingKey: new Uint8Array(32),
      publicUrl: 'http://127.0.0.1',
      recover: true,
    },
  );
}
