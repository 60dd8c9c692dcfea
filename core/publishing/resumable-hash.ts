/** The port of a hash that can be put down and taken up again by another process. */

export interface ResumableHash {
  update(bytes: Uint8Array): void;
  /** The hash as it stands, as text of some hundred characters. It may hold a few of the bytes that were hashed. */
  save(): string;
  /** SHA-256 in 64 lower-case hex digits; the hash is used up. */
  digest(): string;
}

export interface ResumableHashes {
  start(): Promise<ResumableHash>;
  /** @returns undefined where the state was saved by another build, or is none */
  resume(state: string): Promise<ResumableHash | undefined>;
}
