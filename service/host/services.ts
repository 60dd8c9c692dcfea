/** What handlers work with, composed once a cold start (local/compose.ts) or by the local server. */

import type { Authenticator } from '../../core/access/authenticator.ts';
import type { Clock, NewId } from '../../core/clock.ts';
import type { ListCursors } from '../../core/cursors.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import type { Recall } from '../../core/ports/recall.ts';
import type { Stores } from '../../core/ports/stores.ts';
import type { UploadDeps, VerificationQueue } from '../../core/publishing/deps.ts';
import type { PendingBytes } from '../../core/publishing/pending-bytes.ts';
import type { LinkDeps } from '../../core/reading/links.ts';
import type { Readiness } from '../../core/reading/readiness.ts';
import type { Limits, SecurityContact } from '../../core/settings.ts';
import type { Log } from './log.ts';

export interface Services extends Stores {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly limits: Limits;
  readonly verification: VerificationQueue;
  readonly pending: PendingBytes;
  /** @default links that were handed out live to their end */
  readonly recall?: Recall;
  readonly authenticator: Authenticator;
  readonly cursors: ListCursors;
  readonly readiness: Pick<Readiness, 'check'>;
  /** Where callers reach the service, without a slash at its end: stable links begin with it. */
  readonly publicUrl: string;
  /** The paths under /packages and /channels need no token. */
  readonly publicDownloads: boolean;
  /** @default the service has no security.txt */
  readonly securityContact?: SecurityContact;
  /** False: the host sends downloads itself (`HandlerResult.blob`). */
  readonly presignedUrls: boolean;
  /** The structured log; one access line a request is written by the chain. */
  readonly log: Log;
}

/** What the chain around every operation works with. */
export type ChainServices = Pick<Services, 'log' | 'authenticator' | 'publicDownloads'>;

/** Each privilege has its own services: who composes for one opens nothing else. */
export type PublishServices = ChainServices & UploadDeps & Pick<Services, 'publicUrl'>;
export type DownloadServices = ChainServices &
  LinkDeps &
  Pick<Services, 'clock' | 'publicUrl' | 'presignedUrls'>;
export type CatalogServices = ChainServices &
  Pick<Services, 'catalog' | 'clock' | 'cursors' | 'publicUrl' | 'readiness' | 'securityContact'>;
export type AdminServices = ChainServices &
  Stores &
  Pick<Services, 'catalog' | 'clock' | 'cursors' | 'recall'>;
