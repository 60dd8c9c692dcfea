/** Every SQL statement of the catalog but its schema, prepared once. Pages go on from a key, never from a count. */
import type { DatabaseSync } from 'node:sqlite';

/** The condition under which a transition may write (`Expected` of the port). */
const AS_EXPECTED = `
  version_id = :versionId AND package_id = :packageId AND attempt_id = :attemptId
  AND state IN (SELECT value FROM json_each(:states))
  AND (:touchedAt IS NULL OR touched_at = :touchedAt)
  AND (:store IS NULL OR record ->> 'store' = :store)`;

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(db: DatabaseSync) {
  return {
    getPackage: db.prepare('SELECT record FROM packages WHERE version_id = ? AND package_id = ?'),
    getPackages: db.prepare(
      `SELECT record FROM json_each(?) AS asked
       LEFT JOIN packages ON version_id = ? AND package_id = asked.value ORDER BY asked.key`,
    ),
    listPackages: db.prepare(
      `SELECT record FROM packages
       WHERE version_id = ? AND package_id > ? AND state IN (SELECT value FROM json_each(?))
       ORDER BY package_id LIMIT ?`,
    ),
    insertPackage: db.prepare(
      'INSERT INTO packages (version_id, package_id, record) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    replacePackage: db.prepare(`UPDATE packages SET record = :record WHERE ${AS_EXPECTED}`),
    getExpectedPackage: db.prepare(`SELECT record FROM packages WHERE ${AS_EXPECTED}`),
    updatePackage: db.prepare('UPDATE packages SET record = ? WHERE version_id = ? AND package_id = ?'),
    removePackage: db.prepare(`DELETE FROM packages WHERE ${AS_EXPECTED}`),
    unfinished: db.prepare(
      `SELECT record FROM packages INDEXED BY packages_unfinished
       WHERE unfinished_since <= ? AND (unfinished_since, version_id, package_id) > (?, ?, ?)
       ORDER BY unfinished_since, version_id, package_id LIMIT ?`,
    ),
    pendingBytes: db.prepare(
      `SELECT record ->> 'createdBy' AS created_by, total(record ->> 'size') AS bytes
       FROM packages INDEXED BY packages_unfinished
       WHERE unfinished_since IS NOT NULL AND state IN ('pending', 'verifying') GROUP BY record ->> 'createdBy'`,
    ),

    insertVersion: db.prepare('INSERT INTO versions (version_id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    getVersion: db.prepare('SELECT version_id, created_at FROM versions WHERE version_id = ?'),
    listVersions: db.prepare(
      'SELECT version_id, created_at FROM versions ORDER BY created_at DESC, version_id DESC LIMIT ?',
    ),
    listVersionsAfter: db.prepare(
      `SELECT version_id, created_at FROM versions WHERE (created_at, version_id) < (?, ?)
       ORDER BY created_at DESC, version_id DESC LIMIT ?`,
    ),

    getChannel: db.prepare('SELECT channel, version_id, updated_at FROM channels WHERE channel = ?'),
    listChannels: db.prepare(
      'SELECT channel, version_id, updated_at FROM channels WHERE channel > ? ORDER BY channel LIMIT ?',
    ),
    setChannel: db.prepare(
      `INSERT INTO channels (version_id, updated_at, channel) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET version_id = excluded.version_id, updated_at = excluded.updated_at`,
    ),
    addChannel: db.prepare(
      'INSERT INTO channels (version_id, updated_at, channel) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    moveChannel: db.prepare('UPDATE channels SET version_id = ?, updated_at = ? WHERE channel = ? AND version_id = ?'),
    deleteChannel: db.prepare('DELETE FROM channels WHERE channel = ?1 AND version_id = coalesce(?2, version_id)'),

    getToken: db.prepare('SELECT record FROM tokens WHERE token_id = ?'),
    listTokens: db.prepare('SELECT record FROM tokens WHERE token_id > ? ORDER BY token_id LIMIT ?'),
    insertToken: db.prepare('INSERT INTO tokens (token_id, record) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    updateToken: db.prepare('UPDATE tokens SET record = ? WHERE token_id = ?'),
    deleteToken: db.prepare('DELETE FROM tokens WHERE token_id = ?'),
  };
}
