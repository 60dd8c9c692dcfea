/** Lists that come in pages, as one stream of items. */

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

/** Fetches a page when the one before is used up. */
export async function* allPages<Item>(
  start: PageOptions,
  fetchPage: (query: PageQuery) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, void> {
  let cursor = start.cursor;
  do {
    const page = await fetchPage({ limit: start.limit, cursor });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** All items of a list at once. */
export async function itemsOf<Item>(list: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of list) items.push(item);
  return items;
}
