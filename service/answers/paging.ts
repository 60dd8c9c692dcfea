/** Pages of lists: cursors are sealed for the one list that gave them, filters included. */
import type { Page, PageRequest } from '../../core/ports/catalog.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { Services } from '../host/services.ts';
import { json } from './json.ts';

export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * Answers with one page of `list`.
 * @param list names the list and whatever filters it, the caller's limits too
 * @throws INVALID_INPUT for a cursor that this list did not give
 */
export async function answerPage<Item>(
  services: Pick<Services, 'cursors'>,
  list: string,
  { limit, cursor }: PageQuery,
  read: (page: PageRequest) => Promise<Page<Item>>,
  present: (item: Item) => object,
): Promise<HandlerResult> {
  const after = cursor === undefined ? {} : { after: await services.cursors.open(list, cursor) };
  const { items, next } = await read({ limit, ...after });
  const nextCursor =
    next === undefined ? {} : { nextCursor: await services.cursors.seal(list, next) };
  return json(200, { items: items.map(present), ...nextCursor });
}
