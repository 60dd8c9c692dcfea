/**
 * A running service as its users see it: an address, a token, and what this kind of deployment
 * promises beyond the HTTP contract.
 */
import type { Send } from '../support/plain-client.ts';

export interface ServiceTarget {
  /** Where callers reach the service, without a slash at its end. */
  readonly url: string;
  readonly adminToken: string;
  /** What every token that the suite makes expires by. @default never */
  readonly tokensExpireAt?: string;
  /** How the versions of the suite begin. @default 1.0+ */
  readonly versionPrefix?: string;
  /** As a plain HTTP client, from wherever the hosts of this target can be reached. */
  readonly send: Send;
  readonly promises: TargetPromises;
  /** Runs `work` while no event of the store reaches the service; absent where there are none. */
  readonly withoutEvents?: (work: () => Promise<void>) => Promise<void>;
  /** Sweeps once, as if every upload had been idle for longer than it may be. */
  sweep(): Promise<void>;
  /** Ends what was started, and removes what it kept. */
  close(): Promise<void>;
}

/** In what kinds of deployment differ. */
export interface TargetPromises {
  /** The store sends events about new bytes, so uploads finish without a request to complete them. */
  readonly finishesByEvent: boolean;
  /** A link that was handed out before a yank stops, too. */
  readonly yankStopsLinks: boolean;
  /** The store itself refuses bytes of another SHA-256 than was declared; else the proof rejects them. */
  readonly refusesOtherBytes: boolean;
  /** It has a key that signs statements of sealed versions. */
  readonly makesStatements: boolean;
  /** The store lists the SHA-256 of parts, so that the one of a file may come with its completion. */
  readonly listsPartDigests: boolean;
  /** What a link leads to is sent with `nosniff` and a sandbox: S3 itself can not. */
  readonly sandboxesDownloads: boolean;
  /** The origin whose pages may call, as configured. */
  readonly corsOrigin: string;
}
