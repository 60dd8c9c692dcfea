/** What the use cases of uploading are given. */
import type { Clock, NewId } from '../clock.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Recall } from '../ports/recall.ts';
import type { Stores } from '../ports/stores.ts';
import type { Limits } from '../settings.ts';
import type { PendingBytes } from './pending-bytes.ts';
import type { VerificationRequest } from './ticket.ts';

/** Where packages wait whose bytes must be read back: a queue, or the same process. Asking twice for one package does no harm. */
export interface VerificationQueue {
  /** How long nobody may have shown that they work on a package before it is asked for again; 0 where the queue knows what it has. @default 0 */
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
  /** For the sweep, which finishes deletes. @default what others keep of deleted packages stays */
  readonly recall?: Recall;
}
