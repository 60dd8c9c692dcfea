/** Says whether a catalog may be used: its file is in its place, no damage was found in it, and no other server has claimed it. */
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
   * To be made once the database is open.
   * @param readClaim what the catalog itself says about the server that claimed it last
   */
  constructor(path: string, readClaim: () => string | undefined) {
    this.#what = `catalog ${path}`;
    this.#file = new FileIdentity(path === ':memory:' ? [] : [path, `${path}-wal`]);
    this.#readClaim = readClaim;
  }

  /** Why nothing is read or written at present; as of the last look at the file. */
  get refusal(): ServiceError | undefined {
    return this.#refusal;
  }

  /** Looks at the file: while it is not the one that was opened, nothing is read or written. */
  checkFile(): ServiceError | undefined {
    const fault = this.#file.fault();
    this.#refusal = fault === undefined ? this.#damage : fileError(fault);
    return this.#refusal;
  }

  /** Damage is found once, and stays. */
  takeDamage(detail: string): void {
    this.#damage = new ServiceError('UNAVAILABLE', detail);
    this.checkFile();
  }

  /** From now on only writes that come while the catalog bears this claim are made. */
  claimed(claim: string): void {
    this.#claim = claim;
  }

  fileIsThere(): void {
    const refusal = this.checkFile();
    if (refusal !== undefined) throw refusal;
  }

  isOurs(): void {
    if (this.#claim === undefined || this.#readClaim() === this.#claim) return;
    const advice = 'stop one of the two; this one writes nothing any more';
    throw new ServiceError('UNAVAILABLE', `another server has taken over ${this.#what}; ${advice}`);
  }
}

function fileError(fault: string): ServiceError {
  const advice =
    'stop the service; then put the file back, or run stowage catalog restore or stowage catalog rebuild';
  return new ServiceError('UNAVAILABLE', `${fault} while the service was running; ${advice}`);
}
