/** The port by which answers read small published files: signatures that a feed has to contain. */
import type { PackageRecord } from '../records.ts';

export interface SmallFiles {
  /**
   * The bytes of an available package, of which the caller has checked that they are few.
   * @throws UNAVAILABLE if the store does not answer, INTEGRITY or CONFLICT if other bytes are stored
   */
  read(record: PackageRecord): Promise<Buffer>;
}
