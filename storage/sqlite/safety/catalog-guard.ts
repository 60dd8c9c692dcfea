/**
 * Decides whether the catalog may be used: its file is in its place, no damage was found in it, and
 * no other server has claimed it.
 */
import { ServiceError } from '../../../core/errors.ts';
import type { CommitGuard } from '../file/commit-queue.ts';
import { FileIdentity } from '../file/file-identity.ts';

export class CatalogGuard implements CommitGuard {
  readonly #what: string;
  readonly #file: FileIdentity;
  readonly #readClaim: () => string | undefined;
  #claim: string | undefined;
  #damage: ServiceError | undefined;
  #refusal: ServiceError | undefined;

  /**
   * Create it after the database was opened: it remembers the files that exist then.
   * @param readClaim reads the last claim from the catalog
   */
  constructor(path: string, readClaim: () => string | undefined) {
    this.#what = `catalog ${path}`;
    this.#file = new FileIdentity(path === ':memory:' ? [] : [path, `${path}-wal`]);
    this.#readClaim = readClaim;
  }

  /** Why nothing is read or written, as of the last check of the file. */
  get refusal(): ServiceError | undefined {
    return this.#refusal;
  }

  /** @returns why nothing is read or written: the file is another one now, or it is damaged */
  checkFile(): ServiceError | undefined {
    const fault = this.#file.fault();
    this.#refusal = fault === undefined ? this.#damage : fileError(fault);
    return this.#refusal;
  }

  /** Refuses all use of the catalog from now on, because its file is damaged. */
  refuse(detail: string): void {
    this.#damage = new ServiceError('UNAVAILABLE', detail);
    this.checkFile();
  }

  /** From now on, writes succeed only while the catalog still holds this claim. */
  setClaim(claim: string): void {
    this.#claim = claim;
  }

  requireFile(): void {
    const refusal = this.checkFile();
    if (refusal !== undefined) throw refusal;
  }

  requireClaim(): void {
    if (this.#claim === undefined || this.#readClaim() === this.#claim) return;
    const advice = 'stop one of the two; this one no longer writes';
    throw new ServiceError('UNAVAILABLE', `another server has taken over ${this.#what}; ${advice}`);
  }
}

function fileError(fault: string): ServiceError {
  const advice =
    'stop the service; then put the file back, or run stowage catalog restore or stowage catalog rebuild';
  return new ServiceError('UNAVAILABLE', `${fault} while the service was running; ${advice}`);
}
