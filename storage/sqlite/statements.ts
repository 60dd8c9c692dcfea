/** Every SQL statement of the catalog but its schema, prepared once. Pages go on from a key, never from a count. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

export type Statements = ReturnType<typeof prepareStatements>;

/** What `readPackage` reads of a row whose name is known. */
const PACKAGE = 'state, unfinished_since, record, checksum';

export function prepareStatements(db: DatabaseSync) {
  return {
    getPackage: reading(
      db,
      `SELECT ${PACKAGE} FROM packages WHERE version_id = ? AND package_id = ?`,
    ),
    findByName: reading(
      db,
      `SELECT package_id, ${PACKAGE} FROM packages WHERE version_id = ? AND name = ?`,
    ),
    // By the states that are not wanted: a broken state is none of them, and the row is seen to be broken.
    listPackages: reading(
      db,
      `SELECT version_id, package_id, ${PACKAGE} FROM packages
       WHERE version_id = ? AND package_id > ? AND state NOT IN (SELECT value FROM json_each(?))
       ORDER BY package_id LIMIT ?`,
    ),
    insertPackage: db.prepare(
      `INSERT INTO packages (version_id, package_id, state, unfinished_since, name, record, checksum)
       VALUES (:versionId, :packageId, :state, :unfinishedSince, :name, :record, :checksum) ON CONFLICT DO NOTHING`,
    ),
    updatePackage: db.prepare(
      `UPDATE packages
       SET state = :state, unfinished_since = :unfinishedSince, name = :name, record = :record, checksum = :checksum
       WHERE version_id = :versionId AND package_id = :packageId`,
    ),
    removePackage: db.prepare('DELETE FROM packages WHERE version_id = ? AND package_id = ?'),
    unfinished: reading(
      db,
      `SELECT version_id, package_id, ${PACKAGE} FROM packages INDEXED BY packages_unfinished
       WHERE unfinished_since <= ? AND (unfinished_since, version_id, package_id) > (?, ?, ?)
       ORDER BY unfinished_since, version_id, package_id LIMIT ?`,
    ),
    pendingBytes: db.prepare(
      `SELECT record ->> 'createdBy' AS created_by, total(record ->> 'size') AS bytes
       FROM packages INDEXED BY packages_unfinished
       WHERE unfinished_since IS NOT NULL AND state IN ('pending', 'verifying') AND json_valid(record)
       GROUP BY record ->> 'createdBy'`,
    ),

    insertVersion: db.prepare(
      'INSERT INTO versions (version_id, created_at, record, checksum) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    getVersion: reading(
      db,
      'SELECT created_at, record, checksum FROM versions WHERE version_id = ?',
    ),
    listVersions: reading(
      db,
      `SELECT version_id, created_at, record, checksum FROM versions
       ORDER BY created_at DESC, version_id DESC LIMIT ?`,
    ),
    listVersionsAfter: reading(
      db,
      `SELECT version_id, created_at, record, checksum FROM versions WHERE (created_at, version_id) < (?, ?)
       ORDER BY created_at DESC, version_id DESC LIMIT ?`,
    ),

    updateVersion: db.prepare('UPDATE versions SET record = ?, checksum = ? WHERE version_id = ?'),

    getChannel: reading(db, 'SELECT record, checksum FROM channels WHERE channel = ?'),
    listChannels: reading(
      db,
      'SELECT channel, record, checksum FROM channels WHERE channel > ? ORDER BY channel LIMIT ?',
    ),
    setChannel: db.prepare(
      `INSERT INTO channels (channel, record, checksum) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET record = excluded.record, checksum = excluded.checksum`,
    ),
    deleteChannel: db.prepare('DELETE FROM channels WHERE channel = ?'),

    getToken: reading(db, 'SELECT record, checksum FROM tokens WHERE token_id = ?'),
    listTokens: reading(
      db,
      'SELECT token_id, record, checksum FROM tokens WHERE token_id > ? ORDER BY token_id LIMIT ?',
    ),
    insertToken: db.prepare(
      'INSERT INTO tokens (token_id, record, checksum) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    updateToken: db.prepare('UPDATE tokens SET record = ?, checksum = ? WHERE token_id = ?'),
    deleteToken: db.prepare('DELETE FROM tokens WHERE token_id = ?'),

    getLink: reading(db, 'SELECT record, checksum FROM links WHERE link_id = ?'),
    listLinks: reading(
      db,
      'SELECT link_id, record, checksum FROM links WHERE link_id > ? ORDER BY link_id LIMIT ?',
    ),
    insertLink: db.prepare(
      'INSERT INTO links (link_id, record, checksum) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    updateLink: db.prepare('UPDATE links SET record = ?, checksum = ? WHERE link_id = ?'),
    deleteLink: db.prepare('DELETE FROM links WHERE link_id = ?'),

    getFact: reading(db, 'SELECT value, checksum FROM facts WHERE name = ?'),
    setFact: db.prepare(
      `INSERT INTO facts (name, value, checksum) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET value = excluded.value, checksum = excluded.checksum`,
    ),
  };
}

/** Every value there is can be read: a number that damage left, however large, is no error of its own. */
function reading(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql);
  statement.setReadBigInts(true);
  return statement;
}
