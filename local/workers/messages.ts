/** The messages between the server and its workers. */

import type { Settings } from '../../core/settings.ts';
import type { CountedRequests } from '../metrics/request-counts.ts';
import type { LogPlace } from '../start/log-output.ts';

/** How a worker begins: all that it can't read itself. */
export interface WorkerStart {
  readonly kind: 'start';
  readonly settings: Settings;
  readonly publicUrl: string;
  /** Where the server answers what workers do not. */
  readonly serverPath: string;
  /** Where the worker listens; no one asks it there. */
  readonly ownPath: string;
  readonly log: LogPlace;
}

export type ToWorker =
  | WorkerStart
  /** Comes with the connection. */
  | { readonly kind: 'connection' }
  | { readonly kind: 'stop'; readonly graceMs: number };

export type ToServer =
  | { readonly kind: 'ready' }
  /** The requests that the worker answered since the last such message. */
  | { readonly kind: 'counted'; readonly requests: CountedRequests }
  /** The first use of a token on a day. */
  | { readonly kind: 'used'; readonly tokenId: string; readonly day: string };
