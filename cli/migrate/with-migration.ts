/**
 * Opens stores, catalog and journal for a run of a migration, and closes them however the run ends.
 */

import { Buffers } from '../../core/migrate/copy/buffers.ts';
import type { CopyDeps, Side } from '../../core/migrate/copy/copy.ts';
import type { MigrateDeps } from '../../core/migrate/migrate-packages.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import { openJournal, openProbedCatalog, openSide } from '../../local/migrate/open-sides.ts';
import { MemoryJournal } from '../../storage/memory/memory-journal.ts';
import type { Output } from '../output/output.ts';
import type { Intent } from './flags.ts';

/** Limit for the bytes in memory, whatever the number and size of the files. */
const MEMORY_BYTES = 64 * 1024 * 1024;

export interface MigrationWork extends Omit<CopyDeps, 'signal'> {
  readonly catalog?: Catalog;
  readonly clock: MigrateDeps['clock'];
}

export interface OpeningOptions {
  /** @default the journal of these two stores */
  readonly journal?: string | undefined;
  /**
   * Changes nothing in either store or in the journal, so it may run beside a migration.
   * @default false
   */
  readonly onlyLooks?: boolean;
  readonly storageClass?: string | undefined;
  readonly verifyFull: boolean;
  /** The source is only read. */
  readonly keepsSource: boolean;
}

/** @throws Fault */
export async function withMigration<Result>(
  output: Output,
  { from, to, plan, settings }: Intent,
  options: OpeningOptions,
  work: (opened: MigrationWork) => Promise<Result>,
): Promise<Result> {
  const closing: (() => unknown)[] = [];
  try {
    const { onlyLooks = false, verifyFull } = options;
    const onSetAside = (path: string, reason: string) =>
      output.note(
        `the journal could not be used, ${reason}: it was set aside as ${path}, and this run starts without it`,
      );
    const { localPath } = settings.storage;
    const places = [from.place, to.place];
    const journal = onlyLooks
      ? new MemoryJournal()
      : await openJournal({ path: options.journal, localPath, places, onSetAside });
    closing.push(() => journal.close());
    const sides = await openBoth({ from, to }, options, closing);
    const catalog = plan.catalog && (await openProbedCatalog(plan.catalog));
    if (catalog !== undefined) closing.push(() => catalog.close());
    const clock = () => new Date();
    const buffers = new Buffers(MEMORY_BYTES);
    return await work({
      ...sides,
      journal,
      buffers,
      verifyFull,
      clock,
      ...(catalog === undefined ? {} : { catalog }),
    });
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

async function openBoth(
  { from, to }: Pick<Intent, 'from' | 'to'>,
  { storageClass, keepsSource, onlyLooks = false }: OpeningOptions,
  closing: (() => unknown)[],
): Promise<{ readonly from: Side; readonly to: Side }> {
  const isOne = from.place === to.place;
  const source = await openSide(from, { readOnly: keepsSource && !isOne });
  closing.push(() => source.store.close());
  if (isOne) return { from: source, to: source };
  const target = await openSide(to, { storageClass, readOnly: onlyLooks });
  closing.push(() => target.store.close());
  return { from: source, to: target };
}
