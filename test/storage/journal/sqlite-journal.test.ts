/** SqliteJournal keeps the contract, survives its process, and copes with locks and damage. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parsePackageKey } from '../../../core/names.ts';
import { SqliteJournal } from '../../../storage/sqlite/sqlite-journal.ts';
import { describeJournal } from './journal.contract.ts';

const JOURNAL_MODULE = new URL('../../../storage/sqlite/sqlite-journal.ts', import.meta.url).href;
const bytes = {
  place: '/here',
  key: parsePackageKey('packages/1.0.0/tool.zip').key,
  fingerprint: '9-1',
};
const sha256 = 'ab'.repeat(32);

const onSetAside = (): never => {
  throw new Error('nothing had to be set aside');
};

describeJournal('SqliteJournal', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-journal-'));
  const journal = SqliteJournal.open({ path: join(folder, 'journal.db'), onSetAside });
  return {
    journal,
    async close() {
      journal.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('SqliteJournal', () => {
  let folder: string;
  let path: string;
  const aside: string[] = [];
  const open = () =>
    SqliteJournal.open({ path, onSetAside: (where, reason) => aside.push(`${where}: ${reason}`) });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stowage-journal-'));
    path = join(folder, 'journal.db');
    aside.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('the next run knows what was noted', () => {
    const first = open();
    first.noteSha256(bytes, sha256);
    first.close();
    first.close();

    const second = open();

    expect(second.sha256Of(bytes)).toBe(sha256);
    second.close();
    expect(aside).toEqual([]);
  });

  test('a part is known after kill -9 as soon as it was noted, and so are the hashes before it', async () => {
    const program = `
      import { SqliteJournal } from ${JSON.stringify(JOURNAL_MODULE)};
      const journal = SqliteJournal.open({ path: ${JSON.stringify(path)}, onSetAside() {} });
      const bytes = ${JSON.stringify(bytes)};
      journal.noteCopyBegun('/there', bytes, 'upload-1');
      journal.noteSha256(bytes, '${sha256}');
      journal.notePart('/there', bytes.key, 'upload-1', 7, '${sha256}');
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: 'inherit',
    });
    const [, signal] = await once(child, 'exit');

    const journal = open();

    expect(signal).toBe('SIGKILL');
    expect(journal.copyUnderWay('/there', bytes.key)?.parts).toEqual(new Map([[7, sha256]]));
    expect(journal.sha256Of(bytes)).toBe(sha256);
    journal.close();
  });

  test('a second run is refused until the first has ended', () => {
    const first = open();

    expect(open).toThrow(
      expect.objectContaining({ code: 'CONFLICT', message: expect.stringContaining('running') }),
    );

    first.close();
    open().close();
  });

  test.each([
    ['text', 'no journal at all, but a long enough text to be looked at as a file'],
    ['half a database', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(5000, 7)])],
  ])('%s in its place is set aside unchanged, and a new journal is begun', async (_, content) => {
    await writeFile(path, content);

    const journal = open();
    journal.noteSha256(bytes, sha256);

    expect(journal.sha256Of(bytes)).toBe(sha256);
    journal.close();
    expect(aside).toEqual([expect.stringMatching(/journal\.db\.aside-\d+: it is damaged/)]);
    const kept = (await readdir(folder)).find((name) => name.includes('.aside-')) ?? '';
    expect(await readFile(join(folder, kept))).toEqual(Buffer.from(content));
  });

  test('the database of another program is set aside', () => {
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE packages (name TEXT)');
    db.close();

    open().close();

    expect(aside).toEqual([expect.stringContaining('no journal of a migration')]);
  });

  test('damage that is found during a run sets the journal aside, and the run continues', async () => {
    const first = open();
    for (let n = 0; n < 2000; n++) {
      first.noteSha256(
        { ...bytes, key: parsePackageKey(`packages/1.0.0/tool${n}.zip`).key },
        sha256,
      );
    }
    first.close();
    const content = await readFile(path);
    // The first page stays, which says what the file is.
    content.fill(0xff, 4096);
    await writeFile(path, content);

    const journal = open();
    const known = journal.sha256Of({
      ...bytes,
      key: parsePackageKey('packages/1.0.0/tool7.zip').key,
    });
    journal.noteSha256(bytes, sha256);

    expect(known).toBeUndefined();
    expect(journal.sha256Of(bytes)).toBe(sha256);
    journal.close();
    expect(aside).toEqual([expect.stringContaining('it is damaged')]);
  });
});
