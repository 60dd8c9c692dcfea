/**
 * JSON answers, pages of lists, and empty answers. Caches must not store them unless `headers` says
 * otherwise, because they may hold signed URLs and tokens.
 */
import type { Page, PageRequest } from '../../core/ports/catalog.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { Services } from '../host/services.ts';

export type AnswerHeaders = Readonly<Record<string, string>>;

export function json(statusCode: number, body: object, headers?: AnswerHeaders): HandlerResult {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

export function noContent(): HandlerResult {
  return { statusCode: 204, headers: { 'cache-control': 'no-store' } };
}

export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * Answers with one page of `list`. A cursor works only for the list that returned it, with the same
 * filters.
 * @param list the name of the list and of all its filters, the caller's version pattern included
 * @throws INVALID_INPUT for a cursor of another list
 */
export async function answerPage<Item>(
  services: Pick<Services, 'cursors'>,
  list: string,
  { limit, cursor }: PageQuery,
  read: (page: PageRequest) => Promise<Page<Item>>,
  present: (item: Item) => object,
): Promise<HandlerResult> {
  const after = cursor === undefined ? undefined : await services.cursors.open(list, cursor);
  const { items, next } = await read({ limit, ...withoutUndefined({ after }) });
  const nextCursor = next === undefined ? undefined : await services.cursors.seal(list, next);
  return json(200, { items: items.map(present), ...withoutUndefined({ nextCursor }) });
}
