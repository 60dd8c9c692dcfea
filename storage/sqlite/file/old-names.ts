/**
 * The SQL functions of the step that gives each package its filename. They read records of earlier
 * releases.
 */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { aliasOf } from '../../../core/naming/filenames.ts';
import type { PackageRecord } from '../../../core/records.ts';
import { checksumOf, nameHeldBy } from './rows.ts';

/** Sorts after everything that was published. */
const NOT_PUBLISHED = '9999';

/** Text that is not a record has no name: it stays broken. */
export function addNameFunctions(db: DatabaseSync): void {
  const options = { deterministic: true };
  const add = (name: string, of: (record: PackageRecord) => string | null) => {
    db.function(name, options, (json: SQLOutputValue) => {
      const record = parse(json);
      return record === undefined ? null : of(record);
    });
  };
  add('held_name', nameHeldBy);
  add('alias_name', aliasOf);
  add('published_at', ({ publishedAt }) => publishedAt ?? NOT_PUBLISHED);
  db.function('without_filename', options, withoutFilename);
  db.function(
    'checksum_without_filename',
    { deterministic: true, varargs: true },
    (...values: readonly SQLOutputValue[]) => {
      const [json = '', versionId = '', packageId = '', state = '', since = '', checksum = ''] =
        values.map(String);
      const columns = [versionId, packageId, state, since];
      // A broken row stays broken.
      return checksum === checksumOf('packages', ...columns, json)
        ? checksumOf('packages', ...columns, withoutFilename(json))
        : checksum;
    },
  );
}

function withoutFilename(json: SQLOutputValue): string {
  return JSON.stringify({ ...JSON.parse(String(json)), filenameTaken: true });
}

function parse(json: SQLOutputValue): PackageRecord | undefined {
  try {
    const record = JSON.parse(String(json)) as Partial<PackageRecord> | null;
    const texts = [record?.filename, record?.packageId, record?.ext];
    return texts.every((text) => typeof text === 'string') ? (record as PackageRecord) : undefined;
  } catch {
    return undefined;
  }
}
