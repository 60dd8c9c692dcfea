/** Keeps statements in the bucket, under keys of their own, by the writes that never replace an object. */
import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { isServiceError } from '../../core/errors.ts';
import { STATEMENTS_FOLDER } from '../../core/layout.ts';
import type { PackageKey, VersionId } from '../../core/names.ts';
import type { Statements } from '../../core/ports/statements.ts';
import type { S3Store } from './s3-store.ts';

export class S3Statements implements Statements {
  readonly #store: Pick<S3Store, 'put' | 'get'>;

  constructor(store: Pick<S3Store, 'put' | 'get'>) {
    this.#store = store;
  }

  async read(versionId: VersionId): Promise<string | undefined> {
    try {
      return await text(await this.#store.get(keyOf(versionId)));
    } catch (error) {
      if (isServiceError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }

  async keep(versionId: VersionId, statement: string): Promise<string> {
    const bytes = Buffer.from(statement);
    try {
      await this.#store.put(keyOf(versionId), Readable.from([bytes]), {
        size: bytes.length,
        sha256: hash('sha256', bytes),
        contentType: 'application/jsonl',
        contentDisposition: 'attachment; filename="release.intoto.jsonl"',
        cacheControl: 'no-cache',
        attemptId: 'statement',
      });
      return statement;
    } catch (error) {
      const kept = isServiceError(error, 'ALREADY_EXISTS') ? await this.read(versionId) : undefined;
      if (kept === undefined) throw error;
      return kept;
    }
  }
}

/** No package has such a key: the store takes any. */
function keyOf(versionId: VersionId): PackageKey {
  return `${STATEMENTS_FOLDER}/${versionId}` as PackageKey;
}
