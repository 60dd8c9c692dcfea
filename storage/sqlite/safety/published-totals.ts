/** How many packages are published, and their bytes: a sum over all records of a catalog. */
import type { DatabaseSync as Database } from 'node:sqlite';
import type { PublishedTotals } from '../../../core/ports/catalog.ts';
import { DatabaseSync } from '../file/database.ts';

/** A broken record counts as a package, without bytes where it is no JSON. */
const TOTALS = `
  SELECT count(*) AS packages, total(CASE WHEN json_valid(record) THEN record ->> 'size' END) AS bytes
  FROM packages WHERE state IN ('available', 'yanked')`;

export function publishedTotals(db: Database): PublishedTotals {
  const row = db.prepare(TOTALS).get();
  return { packages: Number(row?.['packages']), bytes: Number(row?.['bytes']) };
}

/** Through a connection of its own. */
export function publishedTotalsOf(path: string): PublishedTotals {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return publishedTotals(db);
  } finally {
    db.close();
  }
}
