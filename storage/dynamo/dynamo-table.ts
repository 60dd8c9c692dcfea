/**
 * Sends the requests of the catalog to one DynamoDB table: strongly consistent reads, queries, and
 * conditional writes that notice when only their answer was lost.
 */
import { randomUUID } from 'node:crypto';
import type { PutItemOutput, QueryInput } from '@aws-sdk/client-dynamodb';
import { ServiceError } from '../../core/errors.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { isConditionFailure, translateDynamoError, wasRepeated } from './errors.ts';
import type { Condition, Update } from './expressions.ts';
import type { Item } from './fields.ts';
import type { PlacedItem } from './items.ts';
import type { DynamoRequests } from './requests.ts';
import type { Place } from './table.ts';

/** After so many rounds in a row without a single record, a batch read is given up. */
const EMPTY_ROUNDS = 6;
/** The pause after a round doubles from here, with jitter: at most 3 s in all. */
const FIRST_PAUSE_MS = 50;

export interface DynamoTableOptions {
  /**
   * `close` also closes the client. The client's own retries are the first answer to throttling.
   */
  readonly client: DynamoRequests;
  readonly tableName: string;
  /** @default setTimeout */
  readonly pause?: (milliseconds: number) => Promise<void>;
  /** Makes an id that no other write has. @default a random UUID */
  readonly newWriteId?: () => string;
}

export interface QueryPage {
  readonly items: readonly Item[];
  /** Where the next query starts; absent at the end. */
  readonly lastKey?: Item;
}

export class DynamoTable {
  readonly #client: DynamoRequests;
  readonly #name: string;
  readonly #pause: (milliseconds: number) => Promise<void>;
  readonly #newWriteId: () => string;

  constructor(options: DynamoTableOptions) {
    this.#client = options.client;
    this.#name = options.tableName;
    this.#pause =
      options.pause ??
      ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
    this.#newWriteId = options.newWriteId ?? randomUUID;
  }

  /** Strongly consistent. */
  async get(place: Place): Promise<Item | undefined> {
    const wanted = {
      TableName: this.#name,
      Key: keyOf(place),
      ConsistentRead: true,
    };
    return (await this.#translated(() => this.#client.request('GetItem', wanted))).Item;
  }

  /**
   * Strongly consistent, in no order. DynamoDB leaves keys out of an answer that would exceed 16
   * MB, or when it is throttled; those are asked for again.
   * @param places at most 100, each once
   * @throws TOO_MANY_REQUESTS after several rounds without a record
   */
  async getMany(places: readonly Place[]): Promise<readonly Item[]> {
    const items: Item[] = [];
    let keys: Item[] = places.map(keyOf);
    for (let emptyRounds = 0; keys.length > 0; ) {
      const wanted = {
        RequestItems: { [this.#name]: { Keys: keys, ConsistentRead: true } },
      };
      const answer = await this.#translated(() => this.#client.request('BatchGetItem', wanted));
      items.push(...(answer.Responses?.[this.#name] ?? []));
      const left = answer.UnprocessedKeys?.[this.#name]?.Keys ?? [];
      emptyRounds = left.length < keys.length ? 0 : emptyRounds + 1;
      keys = left;
      if (emptyRounds === EMPTY_ROUNDS) throw this.#overloaded(keys.length);
      if (keys.length > 0)
        await this.#pause(FIRST_PAUSE_MS * 2 ** emptyRounds * (0.5 + Math.random() / 2));
    }
    return items;
  }

  /** One page of DynamoDB: it ends after `Limit` items, or 1 MB, before filters apply. */
  async query(input: Omit<QueryInput, 'TableName'>): Promise<QueryPage> {
    const wanted = { ...input, TableName: this.#name };
    const { Items: items = [], LastEvaluatedKey: lastKey } = await this.#translated(() =>
      this.#client.request('Query', wanted),
    );
    return withoutUndefined({ items, lastKey });
  }

  /**
   * One page of all items, in no order, strongly consistent.
   * @param segment from 0 on, of `segments` that divide the table
   */
  async scan(segment: number, segments: number, start?: Item): Promise<QueryPage> {
    const wanted = {
      TableName: this.#name,
      ConsistentRead: true,
      Segment: segment,
      TotalSegments: segments,
      ...withoutUndefined({ ExclusiveStartKey: start }),
    };
    const { Items: items = [], LastEvaluatedKey: lastKey } = await this.#translated(() =>
      this.#client.request('Scan', wanted),
    );
    return withoutUndefined({ items, lastKey });
  }

  /** @returns false when the condition was not met */
  async put(item: PlacedItem, condition?: Condition): Promise<boolean> {
    const writeId = this.#newWriteId();
    const Item = { ...item, writeId: { S: writeId } };
    const wanted = { TableName: this.#name, Item, ...condition };
    const place = { pk: item.pk.S, sk: item.sk.S };
    const written = await this.#conditional<PutItemOutput | Item>(
      () => this.#client.request('PutItem', wanted),
      () => this.#writtenBy(writeId, place),
    );
    return written !== undefined;
  }

  /** @returns the whole item as written; undefined when the condition was not met */
  async update(place: Place, update: Update, condition: Condition): Promise<Item | undefined> {
    const writeId = this.#newWriteId();
    const set = Object.entries({ ...update.set, writeId: { S: writeId } });
    const names = [...set.map(([name]) => name), ...update.remove];
    const list = (entries: readonly string[]) => entries.join(', ');
    const remove =
      update.remove.length === 0 ? '' : ` REMOVE ${list(update.remove.map((name) => `#${name}`))}`;
    const wanted = {
      TableName: this.#name,
      Key: keyOf(place),
      UpdateExpression: `SET ${list(set.map(([name]) => `#${name} = :${name}`))}${remove}`,
      ConditionExpression: condition.ConditionExpression,
      ExpressionAttributeNames: {
        ...condition.ExpressionAttributeNames,
        ...Object.fromEntries(names.map((name) => [`#${name}`, name])),
      },
      ExpressionAttributeValues: {
        ...condition.ExpressionAttributeValues,
        ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
      },
      ReturnValues: 'ALL_NEW' as const,
    };
    return this.#conditional(
      async () => (await this.#client.request('UpdateItem', wanted)).Attributes,
      () => this.#writtenBy(writeId, place),
    );
  }

  /** @returns false when the condition was not met */
  async delete(place: Place, condition?: Condition): Promise<boolean> {
    const wanted = {
      TableName: this.#name,
      Key: keyOf(place),
      ...condition,
    };
    const gone = await this.#conditional<true>(
      async () => {
        await this.#client.request('DeleteItem', wanted);
        return true;
      },
      // Gone by this request or by another one: either way the item is deleted, as was asked.
      async () => ((await this.get(place)) === undefined ? true : undefined),
    );
    return gone === true;
  }

  /**
   * Deletes an item.
   * @returns the item; `gone` if it was deleted, but the answer was lost; undefined if the
   *   condition was not met
   */
  async take(place: Place, condition: Condition): Promise<Item | 'gone' | undefined> {
    const wanted = {
      TableName: this.#name,
      Key: keyOf(place),
      ...condition,
      ReturnValues: 'ALL_OLD' as const,
    };
    return this.#conditional<Item | 'gone'>(
      async () => (await this.#client.request('DeleteItem', wanted)).Attributes ?? 'gone',
      async () => ((await this.get(place)) === undefined ? 'gone' : undefined),
    );
  }

  /** Repeatable. */
  close(): void {
    this.#client.destroy();
  }

  /**
   * When the SDK repeated the request, the condition may fail because the first try was applied and
   * its answer lost. Then `look` finds out whether that is so.
   * @returns undefined when the condition was not met
   */
  async #conditional<Result>(
    write: () => Promise<Result | undefined>,
    look: () => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    try {
      return await write();
    } catch (error) {
      if (!isConditionFailure(error)) throw translateDynamoError(error, this.#name);
      return wasRepeated(error) ? look() : undefined;
    }
  }

  async #writtenBy(writeId: string, place: Place): Promise<Item | undefined> {
    const item = await this.get(place);
    return item?.['writeId']?.S === writeId ? item : undefined;
  }

  async #translated<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      throw translateDynamoError(error, this.#name);
    }
  }

  #overloaded(left: number): ServiceError {
    return new ServiceError(
      'TOO_MANY_REQUESTS',
      `table ${this.#name} takes no more requests just now: ${left} records of a batch were left out ${EMPTY_ROUNDS} times; try again`,
    );
  }
}

function keyOf(place: Place): { readonly pk: { S: string }; readonly sk: { S: string } } {
  return { pk: { S: place.pk }, sk: { S: place.sk } };
}
