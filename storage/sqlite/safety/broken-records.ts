/**
 * The records of a catalog that were found to be broken. Reading one by its name is an error, and
 * never "not found".
 */
import { ServiceError } from '../../../core/errors.ts';
import type { Table } from '../file/rows.ts';

export interface BrokenRecord {
  readonly table: Table;
  /** `1.4.0/linux-x64`, `stable`, a tokenId. */
  readonly name: string;
  readonly detail: string;
}

const KIND: Readonly<Record<Table, string>> = {
  packages: 'package',
  versions: 'version',
  channels: 'channel',
  tokens: 'token',
  links: 'link',
  trust_rules: 'trust rule',
  check_runs: 'check run',
  facts: 'fact',
};

export class BrokenRecords {
  readonly #found = new Map<string, BrokenRecord>();
  readonly #onFound: (record: BrokenRecord) => void;

  /** @param onFound called once for each name */
  constructor(onFound: (record: BrokenRecord) => void = () => {}) {
    this.#onFound = onFound;
  }

  add(record: BrokenRecord): void {
    const id = idOf(record.table, record.name);
    if (this.#found.has(id)) return;
    this.#found.set(id, record);
    this.#onFound(record);
  }

  /** To be called when the record was removed or written again. */
  forget(table: Table, name: string): void {
    this.#found.delete(idOf(table, name));
  }

  /** @throws INTERNAL when the record of this name was found to be broken */
  requireWhole(table: Table, name: string): void {
    if (this.#found.size === 0) return;
    const broken = this.#found.get(idOf(table, name));
    if (broken !== undefined) throw brokenError(broken);
  }

  list(): readonly BrokenRecord[] {
    return [...this.#found.values()];
  }
}

export function describeBroken({ table, name, detail }: BrokenRecord): string {
  return `the record of ${KIND[table]} ${JSON.stringify(name)} is broken: ${detail}`;
}

export function brokenError(record: BrokenRecord): ServiceError {
  const advice = 'stop the service and run: stowage catalog rebuild';
  return new ServiceError('INTERNAL', `in the catalog ${describeBroken(record)}; ${advice}`);
}

function idOf(table: Table, name: string): string {
  return `${table}/${name}`;
}
