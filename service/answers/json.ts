/**
 * JSON answers, pages of lists, and empty answers. Caches must not store them unless `headers` says
 * otherwise, because they may hold signed URLs and tokens.
 */
import type { Page, PageRequest } from '../../core/ports/catalog.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import type { Headers } from '../chain/call.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { Services } from '../host/services.ts';
import { unlessKnown } from './conditional.ts';

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
  const { items, next } = await read(await pageOf(services, list, { limit, cursor }));
  const nextCursor = next === undefined ? undefined : await services.cursors.seal(list, next);
  return json(200, { items: items.map(present), ...withoutUndefined({ nextCursor }) });
}

/** The page that a query asks for. @throws INVALID_INPUT for a cursor of another list */
export async function pageOf(
  { cursors }: Pick<Services, 'cursors'>,
  list: string,
  { limit, cursor }: PageQuery,
): Promise<PageRequest> {
  return cursor === undefined ? { limit } : { limit, after: await cursors.open(list, cursor) };
}

/**
 * A page of a public list, with an ETag. A cursor is different each time it is made, so the ETag is
 * made of the position.
 */
export async function answerIndex(
  { cursors }: Pick<Services, 'cursors'>,
  headers: Headers,
  list: string,
  answer: object,
  next: string | undefined,
): Promise<HandlerResult> {
  const nextCursor = next === undefined ? undefined : await cursors.seal(list, next);
  const body = JSON.stringify({ ...answer, ...withoutUndefined({ nextCursor }) });
  const known = unlessKnown(headers, 'application/json', body, JSON.stringify({ answer, next }));
  const varying = { vary: 'Accept, Authorization', 'cache-control': 'private, no-cache' };
  return { ...known, headers: { ...known.headers, ...varying } };
}
