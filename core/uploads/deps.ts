/** What the use cases of uploading are given. */
import type { Clock, NewId } from '../clock.ts';
import type { PackageRef } from '../names.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Limits } from '../settings.ts';
import type { Stores } from '../stores.ts';

/** Where packages wait whose bytes must be read back: a queue, or the same process. Asking twice for one package does no harm. */
export interface VerificationQueue {
  enqueue(ref: PackageRef): Promise<void>;
}

export interface UploadDeps extends Stores {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly limits: Limits;
  readonly verification: VerificationQueue;
}
