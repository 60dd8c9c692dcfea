/**
 * Refuses tokenIds that were never made, without a read for each. All tokens
 * are in one partition of the table, so strangers who send invented tokens could otherwise use up
 * what that partition can serve (decision 37).
 *
 * A tokenId made here ends with a tag: an HMAC of its beginning, with a key that the table holds.
 * Other tokenIds (made by earlier releases, or in another catalog) are listed beside that key. The
 * key protects no token, only the partition: anyone who can read the table may know it.
 *
 * The key and the list are read when a token was not found for the first time, so good tokens cost
 * nothing more. Before the table has a key, every tokenId is looked up.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { randomTokenId } from '../../core/access/access.ts';
import { RateLimit } from '../../core/access/rate-limit.ts';
import { ServiceError } from '../../core/errors.ts';
import { TABLE } from '../../core/layout.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { IS_NEW } from './expressions.ts';
import type { PlacedItem } from './items.ts';
import { wholePartition } from './lists.ts';
import { TOKEN_KEY_PLACE, tokenIdPlace } from './table.ts';

/** tokenIds have at most 32 characters: 20 random ones and the tag. */
const TAG_LENGTH = 12;
/** After this time, the list is read again when a tokenId is not on it. */
const REFRESH_MS = 60_000;
/**
 * How many tokenIds that are on no list are looked up all the same: a server of an earlier release
 * may still make tokens, and does not list them.
 */
const STRAYS = { burst: 10, perSecond: 1 };
/** How many tokenIds are listed at the same time. */
const WRITES_AT_ONCE = 16;

interface Known {
  /** Undefined before the table has one. */
  readonly key: Buffer | undefined;
  readonly listed: ReadonlySet<string>;
  readonly readAt: number;
}

export class TokenIds {
  readonly #table: DynamoTable;
  readonly #now: () => number;
  readonly #strays = new RateLimit(STRAYS);
  #key: Buffer | undefined;
  #hasMissed = false;
  #known: Known | undefined;
  #reading: Promise<Known> | undefined;

  constructor(table: DynamoTable, now: () => number) {
    this.#table = table;
    this.#now = now;
  }

  /** Makes a tokenId that no server needs to look up to know that it may exist. */
  async make(): Promise<string> {
    const key = await this.#ensureKey();
    const id = randomTokenId();
    return `${id}${tagOf(key, id)}`;
  }

  /** Must precede the record: a token that is not listed may be refused. */
  async enter(tokenId: string): Promise<void> {
    if (this.#key !== undefined && isTagged(this.#key, tokenId)) return;
    const { pk, sk } = tokenIdPlace(tokenId);
    await this.#table.put({ pk: { S: pk }, sk: { S: sk } });
  }

  /** Called after a tokenId was looked up that the table does not have. */
  noteMiss(): void {
    this.#hasMissed = true;
  }

  /** Whether a tokenId is worth a read. */
  async mayExist(tokenId: string): Promise<boolean> {
    if (!this.#hasMissed) return true;
    try {
      let known = this.#known ?? (await this.#read());
      if (mayBeIn(known, tokenId)) return true;
      if (this.#now() - known.readAt >= REFRESH_MS) known = await this.#read();
      return mayBeIn(known, tokenId) || this.#strays.take(this.#now());
    } catch (error) {
      if (error instanceof ServiceError) return true; // A good token must not fail for this.
      throw error;
    }
  }

  /**
   * Lists every token that has no tag of this table, and makes the key if there is none. Repeatable.
   * @returns how many are listed
   */
  async upgrade(): Promise<number> {
    const key = await this.#ensureKey();
    return this.#list(key);
  }

  async #ensureKey(): Promise<Buffer> {
    this.#key ??= await this.#readKey();
    if (this.#key !== undefined) return this.#key;
    // The key makes the list count, so the list comes first.
    await this.#list(undefined);
    const made = { pk: { S: TOKEN_KEY_PLACE.pk }, sk: { S: TOKEN_KEY_PLACE.sk } };
    await this.#table.put({ ...made, key: { S: randomBytes(32).toString('base64') } }, IS_NEW);
    this.#key = await this.#readKey();
    if (this.#key === undefined) {
      throw new ServiceError('UNAVAILABLE', 'the key of the tokenIds was removed; try again');
    }
    await this.#list(this.#key);
    return this.#key;
  }

  async #readKey(): Promise<Buffer | undefined> {
    return keyOf(await this.#table.get(TOKEN_KEY_PLACE));
  }

  async #list(key: Buffer | undefined): Promise<number> {
    const tokens = await wholePartition(this.#table, TABLE.partition.tokens);
    const listed = new Set(await this.#listed());
    const untagged = tokens
      .map((item) => item['sk']?.S ?? '')
      .filter((tokenId) => key === undefined || !isTagged(key, tokenId));
    const missing = untagged.filter((tokenId) => !listed.has(tokenId));
    for (let start = 0; start < missing.length; start += WRITES_AT_ONCE) {
      await Promise.all(
        missing.slice(start, start + WRITES_AT_ONCE).map((tokenId) => this.enter(tokenId)),
      );
    }
    return untagged.length;
  }

  async #listed(): Promise<readonly string[]> {
    const items = await wholePartition(this.#table, TABLE.partition.tokenIds);
    return items.map((item) => item['sk']?.S ?? '');
  }

  /** Callers at the same time share one read. */
  #read(): Promise<Known> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<Known> {
    const readAt = this.#now();
    const items = await wholePartition(this.#table, TABLE.partition.tokenIds);
    const key = keyOf(items.find((item) => item['sk']?.S === TOKEN_KEY_PLACE.sk));
    this.#known = { key, listed: new Set(items.map((item) => item['sk']?.S ?? '')), readAt };
    return this.#known;
  }
}

function mayBeIn({ key, listed }: Known, tokenId: string): boolean {
  return key === undefined || isTagged(key, tokenId) || listed.has(tokenId);
}

function isTagged(key: Buffer, tokenId: string): boolean {
  const tag = Buffer.from(tokenId.slice(-TAG_LENGTH));
  const expected = Buffer.from(tagOf(key, tokenId.slice(0, -TAG_LENGTH)));
  return tag.length === expected.length && timingSafeEqual(tag, expected);
}

function tagOf(key: Buffer, id: string): string {
  return createHmac('sha256', key).update(id).digest('hex').slice(0, TAG_LENGTH);
}

function keyOf(item: Partial<PlacedItem> | undefined): Buffer | undefined {
  const key = item?.['key']?.S;
  return key === undefined ? undefined : Buffer.from(key, 'base64');
}
