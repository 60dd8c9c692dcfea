/**
 * Brings the records of one table back into another. The rule: a record that is there stays as it
 * is, whatever the other table has, because it may be newer. Only what is missing is written, under
 * the condition that it is still missing.
 *
 * Repeatable: a run that was stopped goes on with the next one, which reads what is there already
 * and writes the rest.
 */
import { isDeepStrictEqual } from 'node:util';
import { isServiceError } from '../../../core/errors.ts';
import { TABLE } from '../../../core/layout.ts';
import type { DynamoTable } from '../dynamo-table.ts';
import { IS_NEW } from '../expressions.ts';
import type { Item } from '../fields.ts';
import type { PlacedItem } from '../items.ts';
import type { Place } from '../table.ts';
import { Pace } from './pace.ts';

/** Read at the same time. */
const SEGMENTS = 8;
/** A batch of DynamoDB reads at most so many. */
const BATCH = 100;
/** How many records of each kind of trouble a report names. */
const NAMED = 100;

type RecordKind = keyof typeof TABLE.partition;

export interface RestoreReport {
  readonly read: number;
  readonly restored: number;
  readonly alreadyThere: number;
  /** Left out on request. */
  readonly leftOut: number;
  /** In the table with other content, and left so. */
  readonly differing: number;
  readonly failed: number;
  /** Of those restored. */
  readonly restoredByKind: Readonly<Partial<Record<RecordKind, number>>>;
  /** The first 100. */
  readonly differingPlaces: readonly Place[];
  /** The first 100. */
  readonly failures: readonly (Place & { readonly reason: string })[];
}

export interface RestoreOptions {
  /** Kinds of records that are not restored. @default none */
  readonly leaveOut?: readonly RecordKind[];
  /** Called after each batch. */
  readonly onProgress?: (report: RestoreReport) => void;
  readonly signal?: AbortSignal;
  /** @default as the constants of pace.ts */
  readonly pace?: Pace;
}

type Report = { -readonly [Name in keyof RestoreReport]: RestoreReport[Name] } & {
  readonly restoredByKind: Partial<Record<RecordKind, number>>;
  readonly differingPlaces: Place[];
  readonly failures: (Place & { readonly reason: string })[];
};

/**
 * @throws UNAVAILABLE where a table can't be reached or refuses, TOO_MANY_REQUESTS where it
 *   throttles for minutes; what was written stays, and the next run goes on
 */
export async function restoreTable(
  from: DynamoTable,
  to: DynamoTable,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  const restore = new Restore(from, to, options);
  await restore.run();
  return restore.report;
}

class Restore {
  readonly #from: DynamoTable;
  readonly #to: DynamoTable;
  readonly #options: RestoreOptions;
  readonly #pace: Pace;
  /** Stops the other segments when one fails. */
  readonly #stop = new AbortController();
  readonly report: Report = {
    read: 0,
    restored: 0,
    alreadyThere: 0,
    leftOut: 0,
    differing: 0,
    failed: 0,
    restoredByKind: {},
    differingPlaces: [],
    failures: [],
  };

  constructor(from: DynamoTable, to: DynamoTable, options: RestoreOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
    this.#pace = options.pace ?? new Pace();
  }

  async run(): Promise<void> {
    const segments = Array.from({ length: SEGMENTS }, (_, segment) => this.#restore(segment));
    const stopped = segments.map((one) => one.catch((error: unknown) => this.#stop.abort(error)));
    await Promise.all(stopped);
    this.#throwIfStopped();
  }

  async #restore(segment: number): Promise<void> {
    let start: Item | undefined;
    do {
      this.#throwIfStopped();
      const page = await this.#pace.run(() => this.#from.scan(segment, SEGMENTS, start));
      for (let first = 0; first < page.items.length; first += BATCH)
        await this.#restoreBatch(page.items.slice(first, first + BATCH));
      start = page.lastKey;
    } while (start !== undefined);
  }

  async #restoreBatch(all: readonly Item[]): Promise<void> {
    this.#throwIfStopped();
    const leaveOut = this.#options.leaveOut ?? [];
    const wanted = all.filter((item) => !leaveOut.some((kind) => kindOf(item) === kind));
    this.report.read += all.length;
    this.report.leftOut += all.length - wanted.length;
    if (wanted.length > 0) {
      const found = await this.#pace.run(() => this.#to.getMany(wanted.map(placeOf)));
      const byPlace = new Map(found.map((item) => [textOf(placeOf(item)), item]));
      await Promise.all(
        wanted.map(async (item) => {
          const there = byPlace.get(textOf(placeOf(item)));
          if (there === undefined) await this.#write(item);
          else this.#compare(item, there);
        }),
      );
    }
    this.#options.onProgress?.(this.report);
  }

  async #write(item: Item): Promise<void> {
    const place = placeOf(item);
    try {
      const { pk, sk } = place;
      const placed: PlacedItem = { ...item, pk: { S: pk }, sk: { S: sk } };
      if (await this.#pace.run(() => this.#to.put(placed, IS_NEW))) {
        this.report.restored += 1;
        const kind = kindOf(item);
        if (kind !== undefined)
          this.report.restoredByKind[kind] = (this.report.restoredByKind[kind] ?? 0) + 1;
        return;
      }
    } catch (error) {
      // What is wrong with one record is reported; what is wrong with the table ends the run.
      if (!isServiceError(error, 'TOO_LARGE', 'INTERNAL')) throw error;
      this.report.failed += 1;
      if (this.report.failures.length < NAMED)
        this.report.failures.push({ ...place, reason: error.message });
      return;
    }
    // A server wrote it a moment ago.
    const there = await this.#pace.run(() => this.#to.get(place));
    this.#compare(item, there ?? {});
  }

  #compare({ writeId: _, ...wanted }: Item, { writeId: __, ...there }: Item): void {
    if (isDeepStrictEqual(wanted, there)) {
      this.report.alreadyThere += 1;
      return;
    }
    this.report.differing += 1;
    if (this.report.differingPlaces.length < NAMED)
      this.report.differingPlaces.push(placeOf(wanted));
  }

  #throwIfStopped(): void {
    this.#options.signal?.throwIfAborted();
    this.#stop.signal.throwIfAborted();
  }
}

function placeOf(item: Item): Place {
  return { pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' };
}

function textOf({ pk, sk }: Place): string {
  return JSON.stringify([pk, sk]);
}

/** @returns undefined for what only a later release knows */
function kindOf(item: Item): RecordKind | undefined {
  const pk = item['pk']?.S ?? '';
  const kinds = Object.entries(TABLE.partition) as [RecordKind, string][];
  return kinds.find(([, key]) => (key.endsWith('#') ? pk.startsWith(key) : pk === key))?.[0];
}
