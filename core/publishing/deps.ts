/** The ports and values that the use cases of uploading need. */
import type { Clock, NewId } from '../clock.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Recall } from '../ports/recall.ts';
import type { Stores } from '../ports/stores.ts';
import type { Limits } from '../settings.ts';
import type { PendingBytes } from './pending-bytes.ts';
import type { VerificationRequest } from './ticket.ts';

/**
 * Where packages wait for their verification: a queue, or the same process. Requesting one twice
 * does no harm.
 */
export interface VerificationQueue {
  /**
   * How long a package must have been idle before its verification is requested again; 0 if the
   * queue knows what it holds. @default 0
   */
  readonly patienceSeconds?: number;
  enqueue(request: VerificationRequest): Promise<void>;
}

export interface UploadDeps extends Stores {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly limits: Limits;
  readonly verification: VerificationQueue;
  readonly pending: PendingBytes;
  /**
   * For the sweep, which finishes deletes. @default copies that others keep of deleted packages
   * stay
   */
  readonly recall?: Recall;
}
