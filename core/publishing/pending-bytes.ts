/** Limits the pending bytes: for each token, in all, and by the free space of the disk. */
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Limits } from '../settings.ts';

/**
 * The port of the disk on which a store keeps its files: how much may be announced depends on its
 * free space.
 */
export interface Volume {
  /** Bytes that uploads may still take, without what is reserved for the service itself. */
  freeBytes(): Promise<number>;
  /** Bytes of unfinished uploads that are on the disk already. */
  receivedBytes(): Promise<number>;
}

export interface PendingBytesOptions {
  /** @default the store has room for all that the limits allow */
  readonly volume?: Volume;
  /** @default the catalog is asked for each upload */
  readonly freshness?: Freshness;
}

/** For how many seconds a count of the catalog is used again. */
export interface Freshness {
  /** Uploads of other processes may go unseen for so long. Those of this process count at once. */
  readonly seconds: number;
  /** The same before a refusal: uploads that were published or given up meanwhile make room. */
  readonly beforeRefusal: number;
  /** Counting takes no more than this share of the time, however many uploads exist. @default 1 */
  readonly shareOfTime?: number;
}

/**
 * A catalog in this process reads every upload under way, which takes milliseconds when there are
 * thousands.
 */
export const EMBEDDED: Freshness = { seconds: 1, beforeRefusal: 0, shareOfTime: 0.1 };
/** Every read from DynamoDB costs money. */
export const SHARED: Freshness = { seconds: 15, beforeRefusal: 1 };

export interface PendingBytesDeps {
  readonly catalog: Pick<Catalog, 'pendingBytes'>;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'maxPendingBytes' | 'maxPendingBytesPerToken'>;
}

/** An upload that this process announced, which an older count of the catalog does not contain. */
interface Announcement {
  readonly tokenId: string;
  readonly bytes: number;
  /** Its record is written: counts of the catalog contain it from now on. */
  isEntered: boolean;
}

interface Count {
  /** Later counts have higher numbers. */
  readonly order: number;
  /** When it was requested, in milliseconds since 1970. */
  readonly at: number;
  /** By the tokenId that announced them. */
  readonly bytes: ReadonlyMap<string, number>;
}

interface Room {
  readonly free: number;
  readonly received: number;
}

/**
 * Uploads that one process announces at the same time share the limits exactly. Several processes
 * may exceed the limits, by what each announces before it sees the others.
 */
export class PendingBytes {
  readonly #volume: Volume | undefined;
  readonly #freshness: Freshness;
  readonly #announced = new Set<Announcement>();
  #counts = 0;
  #count: Count | undefined;
  #lastReadingMs = 0;

  constructor(options: PendingBytesOptions = {}) {
    this.#volume = options.volume;
    this.#freshness = options.freshness ?? { seconds: 0, beforeRefusal: 0 };
  }

  /**
   * Runs `enter`, which writes the record of an upload, if there is room for it.
   * @returns what `enter` returned; undefined means that no record was written
   * @throws TOO_MANY_REQUESTS if the token holds too much, OUT_OF_SPACE if all uploads together do,
   *   or if the disk has no room
   */
  async within<Result>(
    deps: PendingBytesDeps,
    tokenId: string,
    bytes: number,
    enter: () => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    const announcement = await this.#admit(deps, tokenId, bytes);
    let result: Result | undefined;
    try {
      result = await enter();
      return result;
    } finally {
      if (result === undefined) this.#announced.delete(announcement);
      else announcement.isEntered = true;
    }
  }

  /**
   * Nothing is awaited between the last look and the entry, so that no other upload of this process
   * comes in between.
   */
  async #admit(deps: PendingBytesDeps, tokenId: string, bytes: number): Promise<Announcement> {
    const announcement = { tokenId, bytes, isEntered: false };
    const free = await this.#volume?.freeBytes();
    let room = free === undefined ? undefined : { free, received: 0 };
    let count = await this.#counted(deps, this.#freshness.seconds);
    if (this.#refusal(deps, announcement, count, room) !== undefined) {
      // A closer look, which costs more.
      if (this.#volume !== undefined && free !== undefined) {
        room = { free, received: await this.#volume.receivedBytes() };
      }
      count = await this.#counted(deps, this.#freshness.beforeRefusal);
      const refusal = this.#refusal(deps, announcement, count, room);
      if (refusal !== undefined) throw refusal;
    }
    this.#announced.add(announcement);
    return announcement;
  }

  async #counted({ catalog, clock }: PendingBytesDeps, freshSeconds: number): Promise<Count> {
    const at = clock().getTime();
    if (this.#count !== undefined && at - this.#count.at < this.#freshMs(freshSeconds))
      return this.#count;
    const order = ++this.#counts;
    const entered = [...this.#announced].filter(({ isEntered }) => isEntered);
    const started = performance.now();
    const bytes = await catalog.pendingBytes();
    this.#lastReadingMs = performance.now() - started;
    for (const announcement of entered) this.#announced.delete(announcement);
    // A count that began later may be stored already, and contain what this one does not.
    if (this.#count === undefined || this.#count.order < order) this.#count = { order, at, bytes };
    return this.#count;
  }

  #freshMs(seconds: number): number {
    const { shareOfTime } = this.#freshness;
    return Math.max(
      seconds * 1000,
      shareOfTime === undefined ? 0 : this.#lastReadingMs / shareOfTime,
    );
  }

  #refusal(
    { limits }: PendingBytesDeps,
    { tokenId, bytes }: Announcement,
    count: Count,
    room: Room | undefined,
  ): ServiceError | undefined {
    const announced = [...this.#announced];
    const ofToken =
      sumOf(announced.filter((one) => one.tokenId === tokenId)) + (count.bytes.get(tokenId) ?? 0);
    const ofAll = sumOf(announced) + [...count.bytes.values()].reduce((sum, one) => sum + one, 0);
    const needs = `bytes, and this one needs ${bytes} more`;
    if (ofToken + bytes > limits.maxPendingBytesPerToken) {
      return new ServiceError(
        'TOO_MANY_REQUESTS',
        `uploads of this token that are not published yet hold ${ofToken} of ${limits.maxPendingBytesPerToken} ${needs}: ` +
          'complete or give up uploads, or raise MAX_PENDING_BYTES_PER_TOKEN',
      );
    }
    if (ofAll + bytes > limits.maxPendingBytes) {
      return new ServiceError(
        'OUT_OF_SPACE',
        `uploads that are not published yet hold ${ofAll} of ${limits.maxPendingBytes} ${needs}: ` +
          'complete or give up uploads, or raise MAX_PENDING_BYTES',
      );
    }
    if (room === undefined || ofAll + bytes <= room.free + room.received) return undefined;
    return new ServiceError(
      'OUT_OF_SPACE',
      `the disk has room for ${room.free + room.received} bytes of uploads; those that are not published yet hold ${ofAll} ` +
        `${needs}: free some space, or give up uploads`,
    );
  }
}

function sumOf(announcements: readonly Announcement[]): number {
  return announcements.reduce((sum, { bytes }) => sum + bytes, 0);
}
