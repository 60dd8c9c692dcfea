/** The port behind which the last use of tokens is kept, by day. Only catalogs of one machine have it. */

/** `2026-11-28`, in UTC. */
export type Day = string;

export interface TokenUses {
  /** A day before the one that is known changes nothing. */
  note(tokenId: string, day: Day): Promise<void>;
  /** What is known: from `since` on, and of each token that was used from then on its last day. */
  read(): Promise<{ readonly since: Day; readonly lastDays: ReadonlyMap<string, Day> }>;
}
