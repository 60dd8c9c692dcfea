/**
 * Keeps statements in a folder beside the packages. A statement is written into `.stowage/work/` and
 * synced, and then gets its name by a hard link, which never replaces a file. After a crash it is
 * there as a whole or not at all; the next start removes what is left in `work/`.
 */
import { randomUUID } from 'node:crypto';
import * as nodeFileSystem from 'node:fs/promises';
import { dirname } from 'node:path';
import { ServiceError } from '../../core/errors.ts';
import type { VersionId } from '../../core/names.ts';
import type { Statements } from '../../core/ports/statements.ts';
import { syncFolder, unless } from '../file-system.ts';
import { DiskLayout } from './tree/disk-layout.ts';
import { translating } from './tree/errors.ts';
import { closeAfter, readOwnText } from './tree/file-system.ts';

export class DiskStatements implements Statements {
  readonly #layout: DiskLayout;

  /** @param root that of a disk store, which was opened before */
  constructor(root: string) {
    this.#layout = new DiskLayout(root);
  }

  read(versionId: VersionId): Promise<string | undefined> {
    return translating(`the statement of ${versionId}`, () =>
      readOwnText(nodeFileSystem, this.#layout.statement(versionId)),
    );
  }

  async keep(versionId: VersionId, text: string): Promise<string> {
    const path = this.#layout.statement(versionId);
    const draft = this.#layout.workFile(randomUUID());
    await translating(`the statement of ${versionId}`, async () => {
      // Not recursive: if the whole tree is gone (an unmounted disk), no new one is created.
      await unless(nodeFileSystem.mkdir(dirname(path)), 'EEXIST');
      const file = await nodeFileSystem.open(draft, 'wx');
      try {
        await closeAfter(file, async () => {
          await file.writeFile(text);
          await file.sync();
        });
        await unless(nodeFileSystem.link(draft, path), 'EEXIST');
      } finally {
        await nodeFileSystem.unlink(draft);
      }
      await syncFolder(nodeFileSystem, dirname(path));
      await syncFolder(nodeFileSystem, dirname(dirname(path)));
    });
    const kept = await this.read(versionId);
    if (kept !== undefined) return kept;
    throw new ServiceError('UNAVAILABLE', `the statement of ${versionId} is not what was written`);
  }
}
