/** Lists that come in pages, as one stream of items. */
import { StowageError } from './stowage-error.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

export interface PageOptions {
  /** Items a page, 1 to 1000. @default 100 */
  readonly limit?: number;
  /** `nextCursor` of an earlier page. */
  readonly cursor?: string;
}

export type PageQuery = Readonly<Record<'limit' | 'cursor', string | number | undefined>>;

/**
 * A list with more pages is considered endless; at 1000 items a page, this is ten million items.
 */
const MAX_PAGES = 10_000;

/**
 * Fetches each page after the items of the one before were used.
 * @throws StowageError BAD_ANSWER if the pages do not end
 */
export async function* allPages<Item>(
  start: PageOptions,
  fetchPage: (query: PageQuery) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, void> {
  const seen = new Set<string>();
  let cursor = start.cursor;
  do {
    const page = await fetchPage({ limit: start.limit, cursor });
    if (!Array.isArray(page?.items))
      throw new StowageError('BAD_ANSWER', 'the answer is no page of a list');
    yield* page.items;
    cursor = page.nextCursor;
    if (typeof cursor !== 'string') return;
    if (seen.has(cursor))
      throw new StowageError(
        'BAD_ANSWER',
        'the list goes round: the service sent the same cursor twice',
      );
    seen.add(cursor);
  } while (seen.size < MAX_PAGES);
  throw new StowageError('BAD_ANSWER', `the list has no end after ${MAX_PAGES} pages`);
}

/** All items of a list at once. */
export async function itemsOf<Item>(list: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of list) items.push(item);
  return items;
}
