/**
 * Operations that browsers get as pages. What renders is loaded with the first page, so that a
 * function that only answers programs does not wait for it.
 */
import type { OperationId } from '../../api/routes.ts';
import { type Operation, type OperationRequest, operation } from '../chain/operation.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { CatalogServices } from '../host/services.ts';
import { wantsHtml } from './wants-html.ts';

type Answer<Id extends OperationId> = (
  request: OperationRequest<Id>,
  services: CatalogServices,
) => Promise<HandlerResult>;
type Pages = typeof import('./release-pages.ts');

/**
 * @param handle answers programs
 * @param page finds what answers browsers
 */
export function operationWithPage<Id extends OperationId>(
  id: Id,
  handle: Answer<Id>,
  page: (pages: Pages) => Answer<Id>,
): Operation<CatalogServices> {
  const negotiated = operation(
    id,
    async (request: OperationRequest<Id>, services: CatalogServices) =>
      wantsHtml(request.headers['accept'])
        ? page(await loadPages())(request, services)
        : handle(request, services),
  );
  return { ...negotiated, problemPage };
}

/** A problem for a browser; undefined for a program. */
export const problemPage: NonNullable<Operation<CatalogServices>['problemPage']> = async (
  problem,
  call,
  services,
) => {
  if (!wantsHtml(call.headers['accept'])) return undefined;
  return (await loadPages()).problemPage(problem, call, services);
};

function loadPages(): Promise<Pages> {
  return import('./release-pages.ts');
}
