/** For the download path alone, where it is wanted: available packages in memory for some seconds, so that a popular one does not heat its partition. */
import type { Clock } from '../../core/clock.ts';
import type { PackageRef } from '../../core/names.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import type { PackageRecord } from '../../core/records.ts';

/** Some 20 MB. */
const MOST = 10_000;

export interface CachedPackagesOptions {
  readonly clock: Clock;
  /** How long a package may still be handed out after a yank, a delete or a move of its bytes; 0 keeps nothing. */
  readonly lifeSeconds: number;
  /** @default 10000 */
  readonly most?: number;
}

interface Kept {
  readonly record: PackageRecord;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** The whole record ages at once: nothing of it is held to be immutable. Whatever is not available is asked for every time. */
export class CachedPackages implements Pick<Catalog, 'getPackage'> {
  readonly #catalog: Pick<Catalog, 'getPackage'>;
  readonly #clock: Clock;
  readonly #lifeMs: number;
  readonly #most: number;
  /** In the order in which they age. */
  readonly #kept = new Map<string, Kept>();

  constructor(catalog: Pick<Catalog, 'getPackage'>, options: CachedPackagesOptions) {
    this.#catalog = catalog;
    this.#clock = options.clock;
    this.#lifeMs = options.lifeSeconds * 1000;
    this.#most = options.most ?? MOST;
  }

  async getPackage(ref: PackageRef): Promise<PackageRecord | undefined> {
    const name = `${ref.versionId}/${ref.packageId}`;
    // From before the read: the life counts from the moment at which the record was true.
    const now = this.#clock().getTime();
    const kept = this.#kept.get(name);
    if (kept !== undefined && now < kept.until) return kept.record;
    const record = await this.#catalog.getPackage(ref);
    this.#kept.delete(name);
    if (record?.state === 'available' && this.#lifeMs > 0)
      this.#keep(name, { record, until: now + this.#lifeMs });
    return record;
  }

  #keep(name: string, kept: Kept): void {
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size >= this.#most) this.#kept.delete(oldest);
    this.#kept.set(name, kept);
  }
}
