/**
 * Remembers rows that were read and found to be whole. A row that is read again as it was needs no
 * second look: checking and parsing it cost more than reading it.
 */
import type { Row } from './file/rows.ts';

/** Some 2 KB each. */
const ROWS_REMEMBERED = 1_000;

interface Known<Rec> {
  readonly row: Row;
  readonly record: Rec;
}

/** Every row is still read from the file: only equal text gives an earlier record. */
export class KnownRows<Rec extends object> {
  readonly #known = new Map<string, Known<Rec>>();

  /**
   * The record of a row.
   * @param parse checks a row that is new, or differs from the one of this name
   * @returns undefined where the row is broken
   */
  recordOf(name: string, row: Row, parse: (row: Row) => Rec | undefined): Rec | undefined {
    const known = this.#known.get(name);
    if (known !== undefined && areEqual(known.row, row)) return known.record;
    const record = parse(row);
    this.#known.delete(name);
    if (record === undefined) return undefined;
    if (this.#known.size >= ROWS_REMEMBERED) this.#known.clear();
    // Many requests get the same record, so none may change it.
    freezeAll(record);
    this.#known.set(name, { row, record });
    return record;
  }
}

function areEqual(one: Row, other: Row): boolean {
  for (const column in one) if (one[column] !== other[column]) return false;
  return true;
}

function freezeAll(value: object): void {
  Object.freeze(value);
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) freezeAll(inner);
}
