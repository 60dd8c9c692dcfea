/** What a link and a page read of a large version: rows that an index leads to, and no others. */
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { upgradeSchema } from '../../storage/sqlite/file/schema.ts';
import { prepareStatements } from '../../storage/sqlite/statements.ts';

let db: DatabaseSync;

beforeAll(() => {
  db = new DatabaseSync(':memory:');
  upgradeSchema(db, ':memory:');
});

afterAll(() => db.close());

/** How SQLite goes about a statement. */
function planOf(sql: string): readonly string[] {
  return db
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map(({ detail }) => String(detail));
}

describe('a version of 10,000 files', () => {
  test.each([
    ['getPackage', /^SEARCH packages USING PRIMARY KEY \(version_id=\? AND package_id=\?\)$/],
    ['findByName', /^SEARCH packages USING INDEX packages_names \(version_id=\? AND name=\?\)$/],
    ['findByDigest', /^SEARCH packages USING INDEX packages_digests \(<expr>=\?/],
    ['listPackages', /^SEARCH packages USING PRIMARY KEY \(version_id=\? AND package_id>\?\)$/],
  ] as const)('is not read as a whole by %s', (name, search) => {
    const plan = planOf(prepareStatements(db)[name].sourceSQL);

    expect(plan[0]).toMatch(search);
    // A sort would read every row of the version before the first page.
    expect(plan.join()).not.toMatch(/SCAN packages|TEMP B-TREE/);
  });
});
