/**
 * The disk on which a store keeps its files, as far as it bounds what may be announced. Stores
 * elsewhere have none.
 */
export interface Volume {
  /**
   * Bytes that uploads may still take; what is kept in reserve for the service itself is left out.
   */
  freeBytes(): Promise<number>;
  /** Bytes of uploads under way that are on the disk already. */
  receivedBytes(): Promise<number>;
}
