/**
 * The SQL statements of the catalog, prepared once. A page continues after a key, not after a
 * count.
 */
import type { DatabaseSync } from 'node:sqlite';
import { prepareReading } from './file/rows.ts';
import { DIGEST } from './file/schema.ts';

export type Statements = ReturnType<typeof prepareStatements>;

/** The columns that `readPackage` needs besides the name. */
const PACKAGE = 'state, unfinished_since, record, checksum';

export function prepareStatements(db: DatabaseSync) {
  return {
    getPackage: prepareReading(
      db,
      `SELECT package_id, ${PACKAGE} FROM packages WHERE version_id = ? AND package_id = ?`,
    ),
    findByName: prepareReading(
      db,
      `SELECT package_id, ${PACKAGE} FROM packages WHERE version_id = ? AND name = ?`,
    ),
    // Names the states to leave out: a row with a damaged state is then read, and found to be
    // broken.
    listPackages: prepareReading(
      db,
      `SELECT version_id, package_id, ${PACKAGE} FROM packages
       WHERE version_id = ? AND package_id > ? AND state NOT IN (SELECT value FROM json_each(?))
       ORDER BY package_id LIMIT ?`,
    ),
    findByDigest: prepareReading(
      db,
      `SELECT version_id, package_id, ${PACKAGE} FROM packages
       WHERE ${DIGEST} = ? AND (version_id, package_id) > (?, ?)
       ORDER BY version_id, package_id LIMIT ?`,
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
    unfinished: prepareReading(
      db,
      `SELECT version_id, package_id, ${PACKAGE} FROM packages INDEXED BY packages_unfinished
       WHERE unfinished_since <= ? AND (unfinished_since, version_id, package_id) > (?, ?, ?)
       ORDER BY unfinished_since, version_id, package_id LIMIT ?`,
    ),
    countUnfinished: db.prepare(
      `SELECT state, count(*) AS count FROM packages INDEXED BY packages_unfinished
       WHERE unfinished_since IS NOT NULL GROUP BY state`,
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
    getVersion: prepareReading(
      db,
      'SELECT created_at, record, checksum FROM versions WHERE version_id = ?',
    ),
    listVersions: prepareReading(
      db,
      `SELECT version_id, created_at, record, checksum FROM versions
       ORDER BY created_at DESC, version_id DESC LIMIT ?`,
    ),
    listVersionsAfter: prepareReading(
      db,
      `SELECT version_id, created_at, record, checksum FROM versions WHERE (created_at, version_id) < (?, ?)
       ORDER BY created_at DESC, version_id DESC LIMIT ?`,
    ),

    updateVersion: db.prepare('UPDATE versions SET record = ?, checksum = ? WHERE version_id = ?'),

    getChannel: prepareReading(db, 'SELECT record, checksum FROM channels WHERE channel = ?'),
    listChannels: prepareReading(
      db,
      'SELECT channel, record, checksum FROM channels WHERE channel > ? ORDER BY channel LIMIT ?',
    ),
    setChannel: db.prepare(
      `INSERT INTO channels (channel, record, checksum) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET record = excluded.record, checksum = excluded.checksum`,
    ),
    deleteChannel: db.prepare('DELETE FROM channels WHERE channel = ?'),

    getToken: prepareReading(db, 'SELECT record, checksum FROM tokens WHERE token_id = ?'),
    listTokens: prepareReading(
      db,
      'SELECT token_id, record, checksum FROM tokens WHERE token_id > ? ORDER BY token_id LIMIT ?',
    ),
    insertToken: db.prepare(
      'INSERT INTO tokens (token_id, record, checksum) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    /** `CASE`, because a broken record may be no JSON. */
    forgetGrants: db.prepare(
      `DELETE FROM tokens WHERE CASE WHEN json_valid(record)
         THEN record ->> '$.upload' IS NOT NULL AND record ->> '$.expiresAt' < ? END`,
    ),
    updateToken: db.prepare('UPDATE tokens SET record = ?, checksum = ? WHERE token_id = ?'),
    deleteToken: db.prepare('DELETE FROM tokens WHERE token_id = ?'),
    forgetTokenUse: db.prepare('DELETE FROM token_uses WHERE token_id = ?'),

    getLink: prepareReading(db, 'SELECT record, checksum FROM links WHERE link_id = ?'),
    listLinks: prepareReading(
      db,
      'SELECT link_id, record, checksum FROM links WHERE link_id > ? ORDER BY link_id LIMIT ?',
    ),
    insertLink: db.prepare(
      'INSERT INTO links (link_id, record, checksum) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    updateLink: db.prepare('UPDATE links SET record = ?, checksum = ? WHERE link_id = ?'),
    deleteLink: db.prepare('DELETE FROM links WHERE link_id = ?'),

    getTrustRule: prepareReading(db, 'SELECT record, checksum FROM trust_rules WHERE rule_id = ?'),
    allTrustRules: prepareReading(
      db,
      'SELECT rule_id, record, checksum FROM trust_rules ORDER BY rule_id',
    ),
    insertTrustRule: db.prepare(
      'INSERT INTO trust_rules (rule_id, record, checksum) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    updateTrustRule: db.prepare(
      'UPDATE trust_rules SET record = ?, checksum = ? WHERE rule_id = ?',
    ),
    deleteTrustRule: db.prepare('DELETE FROM trust_rules WHERE rule_id = ?'),
    useToken: db.prepare(
      'INSERT INTO used_tokens (key, until) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    forgetUsedTokens: db.prepare('DELETE FROM used_tokens WHERE until < ?'),

    getCheckRun: prepareReading(db, 'SELECT record, checksum FROM check_runs WHERE check_id = ?'),
    setCheckRun: db.prepare(
      `INSERT INTO check_runs (check_id, record, checksum) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET record = excluded.record, checksum = excluded.checksum`,
    ),

    getFact: prepareReading(db, 'SELECT value, checksum FROM facts WHERE name = ?'),
    setFact: db.prepare(
      `INSERT INTO facts (name, value, checksum) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET value = excluded.value, checksum = excluded.checksum`,
    ),
  };
}
