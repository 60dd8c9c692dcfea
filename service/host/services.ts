/**
 * The services that handlers work with. Each function on AWS composes its own once per cold start;
 * local/compose.ts does it for the local server.
 */
import type { Authenticator } from '../../core/access/authenticator.ts';
import type { CheckQueue } from '../../core/checks/runs/check-queue.ts';
import type { CheckDeps } from '../../core/checks/runs/check-runs.ts';
import type { Clock, NewId } from '../../core/clock.ts';
import type { ListCursors } from '../../core/cursors.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import type { IdTokens } from '../../core/ports/id-tokens.ts';
import type { Recall } from '../../core/ports/recall.ts';
import type { SmallFiles } from '../../core/ports/small-files.ts';
import type { ReleaseSigner, Statements } from '../../core/ports/statements.ts';
import type { Stores } from '../../core/ports/stores.ts';
import type { UploadDeps, VerificationQueue } from '../../core/publishing/deps.ts';
import type { PendingBytes } from '../../core/publishing/pending-bytes.ts';
import type { LinkDeps } from '../../core/reading/links.ts';
import type { Readiness } from '../../core/reading/readiness.ts';
import type { RolloutGroup } from '../../core/rollouts/audience.ts';
import type { Limits, SecurityContact } from '../../core/settings.ts';
import type { Log } from './log.ts';

export interface Services extends Stores {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly limits: Limits;
  readonly verification: VerificationQueue;
  readonly pending: PendingBytes;
  /** Where checks of large files run. */
  readonly checkQueue: CheckQueue;
  /** @default links that were issued earlier keep working until they expire */
  readonly recall?: Recall;
  /** Reads the signatures that answers contain. */
  readonly smallFiles: SmallFiles;
  /** Where statements of sealed versions are. @default this host makes and serves none */
  readonly statements?: Statements;
  readonly releaseSigner?: ReleaseSigner;
  readonly authenticator: Authenticator;
  readonly cursors: ListCursors;
  /** Proves the tokens of jobs, which are exchanged. */
  readonly idTokens: IdTokens;
  /** Bytes that uploads may still take. @default files are on no disk of this machine */
  readonly freeBytes?: () => Promise<number>;
  readonly readiness: Pick<Readiness, 'check'>;
  /** Where callers reach the service, without a trailing slash. Stable links begin with it. */
  readonly publicUrl: string;
  /** Whether the paths under /packages and /channels need no token. */
  readonly publicDownloads: boolean;
  /** @default the service has no security.txt */
  readonly securityContact?: SecurityContact;
  /** False: the host sends downloads itself (`HandlerResult.blob`). */
  readonly presignedUrls: boolean;
  /** Is called for each answer that depends on a rollout. @default these are not counted */
  readonly countRollout?: (group: RolloutGroup) => void;
  /** The structured log. The chain writes one access line per request to it. */
  readonly log: Log;
}

/** What the chain around every operation uses. */
export type ChainServices = Pick<
  Services,
  'log' | 'authenticator' | 'publicDownloads' | 'countRollout'
>;

/** Each privilege has its own services: who composes for one opens nothing else. */
export type PublishServices = ChainServices & UploadDeps & Pick<Services, 'publicUrl' | 'cursors'>;
export type DownloadServices = ChainServices &
  LinkDeps &
  Pick<Services, 'clock' | 'publicUrl' | 'presignedUrls' | 'smallFiles'>;
export type CatalogServices = ChainServices &
  Pick<
    Services,
    | 'catalog'
    | 'clock'
    | 'cursors'
    | 'publicUrl'
    | 'readiness'
    | 'securityContact'
    | 'statements'
    | 'releaseSigner'
  >;
export type ReleaseServices = ChainServices &
  Stores &
  CheckDeps &
  Pick<
    Services,
    'catalog' | 'clock' | 'newId' | 'cursors' | 'smallFiles' | 'statements' | 'releaseSigner'
  >;
export type ExchangeServices = ChainServices &
  Pick<Services, 'catalog' | 'clock' | 'idTokens' | 'publicUrl'>;
export type AdminServices = ChainServices &
  Stores &
  Pick<
    Services,
    'catalog' | 'clock' | 'cursors' | 'publicUrl' | 'recall' | 'freeBytes' | 'smallFiles'
  >;
