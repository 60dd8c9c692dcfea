/** A server that tests run against, and how this platform gets it. */

export interface Installable {
  /** As test output names it. */
  readonly name: string;
  /** What `install` needs of the platform, for those who don't have it. */
  readonly takes: string;
  isThere(): boolean;
  /** @throws with what the installer wrote where it can not; what is there already it need not look at */
  install(): Promise<void>;
}
