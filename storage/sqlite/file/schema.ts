/**
 * The schema of the catalog, as the steps that lead to it. Never edit a step that was released: add
 * a new one.
 */
import type { DatabaseSync } from 'node:sqlite';
import { ServiceError } from '../../../core/errors.ts';
import { isInTransaction } from './database.ts';
import { checkIntegrity } from './integrity.ts';
import { addNameFunctions } from './old-names.ts';
import { addFirstChecksum } from './old-records.ts';

/** `STOW`, in the header of our files: https://www.sqlite.org/fileformat2.html#application_id */
const APPLICATION_ID = 0x53544f57;

/**
 * Step n leads from schema version n to n + 1.
 *
 * A record is kept whole as JSON. What is searched for is also in columns of its own, and the
 * checksum of the row covers both. `facts` is what the catalog knows about itself. Text compares by
 * its UTF-8 bytes (BINARY). Packages are stored in the order of their names (WITHOUT ROWID), so
 * that SQLite reads a page of a version from one place in the file.
 */
export const SCHEMA_STEPS: readonly string[] = [
  `
  CREATE TABLE packages (
    version_id TEXT NOT NULL,
    package_id TEXT NOT NULL,
    state TEXT NOT NULL GENERATED ALWAYS AS (record ->> 'state') STORED,
    attempt_id TEXT NOT NULL GENERATED ALWAYS AS (record ->> 'attemptId') VIRTUAL,
    touched_at TEXT NOT NULL GENERATED ALWAYS AS (record ->> 'touchedAt') VIRTUAL,
    unfinished_since TEXT GENERATED ALWAYS AS (
      CASE WHEN state IN ('pending', 'verifying') OR (state = 'deleted' AND record ->> 'purging') THEN touched_at END
    ) STORED,
    record TEXT NOT NULL,
    PRIMARY KEY (version_id, package_id),
    CHECK (record ->> 'versionId' = version_id AND record ->> 'packageId' = package_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX packages_unfinished ON packages (unfinished_since, version_id, package_id) WHERE unfinished_since IS NOT NULL;

  CREATE TABLE versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX versions_newest ON versions (created_at DESC, version_id DESC);

  CREATE TABLE channels (
    channel TEXT NOT NULL PRIMARY KEY,
    version_id TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE tokens (
    token_id TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Adds checksums. Columns are no longer computed from the JSON of the record, because one broken
  // record would fail every statement that meets it.
  `
  CREATE TABLE packages_checked (
    version_id TEXT NOT NULL,
    package_id TEXT NOT NULL,
    state TEXT NOT NULL,
    unfinished_since TEXT,
    record TEXT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (version_id, package_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO packages_checked
    SELECT version_id, package_id, state, unfinished_since, record,
      first_checksum('packages', record, version_id, package_id, state, coalesce(unfinished_since, ''))
    FROM packages NOT INDEXED;
  DROP TABLE packages;
  ALTER TABLE packages_checked RENAME TO packages;
  CREATE INDEX packages_unfinished ON packages (unfinished_since, version_id, package_id) WHERE unfinished_since IS NOT NULL;

  CREATE TABLE versions_checked (
    version_id TEXT NOT NULL PRIMARY KEY,
    created_at TEXT NOT NULL,
    record TEXT NOT NULL,
    checksum TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO versions_checked
    SELECT version_id, created_at, json, first_checksum('versions', json, version_id, created_at)
    FROM (SELECT *, json_object('versionId', version_id, 'createdAt', created_at) AS json FROM versions NOT INDEXED);
  DROP TABLE versions;
  ALTER TABLE versions_checked RENAME TO versions;
  CREATE INDEX versions_newest ON versions (created_at DESC, version_id DESC);

  CREATE TABLE channels_checked (
    channel TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL,
    checksum TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO channels_checked
    SELECT channel, json, first_checksum('channels', json, channel)
    FROM (
      SELECT *, json_object('channel', channel, 'versionId', version_id, 'updatedAt', updated_at) AS json FROM channels
    );
  DROP TABLE channels;
  ALTER TABLE channels_checked RENAME TO channels;

  CREATE TABLE tokens_checked (
    token_id TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL,
    checksum TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO tokens_checked SELECT token_id, record, first_checksum('tokens', record, token_id) FROM tokens;
  DROP TABLE tokens;
  ALTER TABLE tokens_checked RENAME TO tokens;

  CREATE TABLE facts (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    checksum TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Makes filenames unique within a version, and adds links for people. If records of earlier
  // releases share a filename, an alias keeps its link, and then the first published package keeps
  // the filename. The others are reached only by their alias.
  `
  ALTER TABLE packages ADD COLUMN name TEXT;
  CREATE TABLE old_names (
    version_id TEXT NOT NULL, package_id TEXT NOT NULL, name TEXT, alias TEXT, published TEXT,
    PRIMARY KEY (version_id, package_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO old_names
    SELECT version_id, package_id, held_name(record), alias_name(record), published_at(record)
    FROM packages NOT INDEXED;
  CREATE INDEX old_names_by_name ON old_names (version_id, name, published, package_id);
  CREATE INDEX old_names_by_alias ON old_names (version_id, alias);
  UPDATE old_names AS one SET name = NULL
    WHERE name IS NOT NULL AND (
      EXISTS (
        SELECT 1 FROM old_names AS other
        WHERE other.version_id = one.version_id AND other.alias = one.name AND other.package_id <> one.package_id
      ) OR EXISTS (
        SELECT 1 FROM old_names AS other
        WHERE other.version_id = one.version_id AND other.name = one.name
          AND (other.published, other.package_id) < (one.published, one.package_id)
          AND NOT EXISTS (
            SELECT 1 FROM old_names AS third
            WHERE third.version_id = other.version_id AND third.alias = other.name AND third.package_id <> other.package_id
          )
      )
    );
  UPDATE packages SET name = one.name FROM old_names AS one
    WHERE one.version_id = packages.version_id AND one.package_id = packages.package_id AND one.name IS NOT NULL;
  UPDATE packages SET
      record = without_filename(record),
      checksum = checksum_without_filename(record, version_id, package_id, state, coalesce(unfinished_since, ''), checksum)
    WHERE name IS NULL AND held_name(record) IS NOT NULL;
  DROP TABLE old_names;
  CREATE UNIQUE INDEX packages_names ON packages (version_id, name) WHERE name IS NOT NULL;

  CREATE TABLE links (
    link_id TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL,
    checksum TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Adds the rules of trusted publishing, and which tokens of other issuers were used. The latter
  // live for minutes, and have no checksum.
  `
  CREATE TABLE trust_rules (
    rule_id TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL,
    checksum TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE used_tokens (
    key TEXT NOT NULL PRIMARY KEY,
    until TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Adds the results of checks.
  `
  CREATE TABLE check_runs (
    check_id TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL,
    checksum TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Adds the events of the audit, which the digests of their days protect, and when each token was
  // last used, by day; the row without a name says since when that is noted.
  `
  CREATE TABLE audit_events (
    seq INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_newest ON audit_events (at DESC, seq DESC);
  CREATE TABLE audit_days (
    day TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE token_uses (
    token_id TEXT NOT NULL PRIMARY KEY,
    day TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO token_uses (token_id, day) VALUES ('', date('now'));
  `,
];

/** A broken record has no digest, and fails no statement. */
export const DIGEST = "(CASE WHEN json_valid(record) THEN record ->> 'sha256' END)";

/**
 * Leads to the packages with a digest. It is no step: an earlier release keeps it up to date without
 * knowing it, and may still open the catalog.
 */
const DIGEST_INDEX = `
  CREATE INDEX IF NOT EXISTS packages_digests ON packages (${DIGEST}, version_id, package_id)
`;

/**
 * Brings the database at `path` to the newest schema, each step in a transaction of its own. An
 * empty database becomes a catalog.
 * @throws INVALID_INPUT when it is the database of another program, NOT_SUPPORTED when a newer
 *   release wrote it, INTERNAL when it is damaged
 */
export function upgradeSchema(
  db: DatabaseSync,
  path: string,
  steps: readonly string[] = SCHEMA_STEPS,
  mayUpgrade = true,
): void {
  requireCatalog(db, path);
  addFirstChecksum(db);
  addNameFunctions(db);
  if (nextStep(db, path, steps) !== undefined) {
    if (!mayUpgrade) requireEmpty(db, path, steps);
    requireSound(db, path);
  }
  while (nextStep(db, path, steps) !== undefined) {
    db.exec('BEGIN IMMEDIATE');
    try {
      // Asked again under the lock: another process may have taken the step in the meantime.
      const step = nextStep(db, path, steps);
      if (step !== undefined) db.exec(step);
      db.exec('COMMIT');
    } catch (error) {
      if (isInTransaction(db)) db.exec('ROLLBACK');
      throw error;
    }
  }
  if (mayUpgrade && steps === SCHEMA_STEPS) db.exec(DIGEST_INDEX);
}

/**
 * Refuses to upgrade a catalog, because a server of an older release may be using it, and could no
 * longer write. @throws NOT_SUPPORTED
 */
function requireEmpty(db: DatabaseSync, path: string, steps: readonly string[]): void {
  const version = versionOf(db);
  if (version === 0) return;
  throw new ServiceError(
    'NOT_SUPPORTED',
    `catalog ${path} has schema version ${version}, this release needs ${steps.length}; start the server of this release once, which upgrades it`,
  );
}

/** A damaged file is not upgraded. @throws INTERNAL */
function requireSound(db: DatabaseSync, path: string): void {
  const [fault] = faultsOf(db);
  if (fault === undefined) return;
  throw new ServiceError(
    'INTERNAL',
    `catalog ${path} is damaged: ${fault}; restore it from a backup, or run stowage catalog rebuild`,
  );
}

function faultsOf(db: DatabaseSync): readonly string[] {
  try {
    return checkIntegrity(db).faults;
  } catch (error) {
    // In the first schema, one record that is not JSON fails the check; the file is not damaged by
    // that.
    if (String(error).includes('malformed JSON')) return [];
    throw error;
  }
}

function nextStep(db: DatabaseSync, path: string, steps: readonly string[]): string | undefined {
  const version = versionOf(db);
  if (version > steps.length) {
    throw new ServiceError(
      'NOT_SUPPORTED',
      `catalog ${path} has schema version ${version}, this release knows up to ${steps.length}; use the newer release`,
    );
  }
  const step = steps[version];
  return (
    step &&
    `${step}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version + 1};`
  );
}

/** Refuses the database of another program. @throws INVALID_INPUT */
function requireCatalog(db: DatabaseSync, path: string): void {
  // In this order, because another process may create the catalog between the two reads.
  const isEmpty = numberOf(db, 'SELECT count(*) AS value FROM sqlite_schema') === 0;
  const owner = numberOf(db, 'SELECT application_id AS value FROM pragma_application_id');
  if (owner !== APPLICATION_ID && !(isEmpty && owner === 0)) {
    throw new ServiceError(
      'INVALID_INPUT',
      `${path} is a database, but not a catalog of this service: its application id is ${owner}, must be ${APPLICATION_ID}`,
    );
  }
}

function versionOf(db: DatabaseSync): number {
  return numberOf(db, 'SELECT user_version AS value FROM pragma_user_version');
}

function numberOf(db: DatabaseSync, sql: string): number {
  return Number(db.prepare(sql).get()?.['value']);
}
