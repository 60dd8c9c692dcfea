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
import type { MigrationPlan } from './read-plan.ts';

/** Limit for the bytes in memory, whatever the number and size of the files. */
const MEMORY_BYTES = 64 * 1024 * 1024;

export interface MigrationWork extends Omit<CopyDeps, 'signal'> {
  readonly catalog?: Catalog;
  readonly clock: MigrateDeps['clock'];
}

/** @throws Fault */
export async function withMigration<Result>(
  output: Output,
  plan: MigrationPlan,
  work: (opened: MigrationWork) => Promise<Result>,
): Promise<Result> {
  const closing: (() => unknown)[] = [];
  try {
    const onSetAside = (path: string, reason: string) =>
      output.note(
        `the journal could not be used, ${reason}: it was set aside as ${path}, and this run starts without it`,
      );
    const { from, to, localPath, verifyFull } = plan;
    const places = [from.place, to.place];
    const journal = plan.onlyLooks
      ? new MemoryJournal()
      : await openJournal({ path: plan.journal, localPath, places, onSetAside });
    closing.push(() => journal.close());
    const sides = await openBoth(plan, closing);
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
  plan: MigrationPlan,
  closing: (() => unknown)[],
): Promise<{ readonly from: Side; readonly to: Side }> {
  const { from, to, removesAfterSeconds, storageClass, onlyLooks } = plan;
  const isOne = from.place === to.place;
  const source = await openSide(from, {
    readOnly: removesAfterSeconds === undefined && !isOne,
  });
  closing.push(() => source.store.close());
  if (isOne) return { from: source, to: source };
  const target = await openSide(to, { storageClass, readOnly: onlyLooks });
  closing.push(() => target.store.close());
  return { from: source, to: target };
}
