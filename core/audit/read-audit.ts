/** Reads events for a caller: those of what it may see, and that fit its filters. */
import { coversVersion, type Principal } from '../access/access.ts';
import { ServiceError } from '../errors.ts';
import type { VersionId } from '../names.ts';
import type { AuditRange, Catalog, Page, PageRequest } from '../ports/catalog.ts';
import type { AuditDay, AuditEvent } from '../records.ts';
import { withoutUndefined } from '../without-undefined.ts';

export interface AuditFilter extends AuditRange {
  readonly who?: string;
  readonly versionId?: string;
}

/** How many pages are searched for one answer, when few events fit. */
const PAGES_PER_ANSWER = 5;

/** Newest first. A page may be short and still have a `next`. */
export async function findEvents(
  catalog: Pick<Catalog, 'listAudit'>,
  caller: Principal,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditEvent>> {
  const { who, versionId, ...range } = filter;
  const fits = (event: AuditEvent) =>
    (who === undefined || event.who === who) &&
    (versionId === undefined || event.versionId === versionId) &&
    isVisible(caller, event);
  const isWhole = who === undefined && versionId === undefined && caller.versions === undefined;
  if (isWhole) return catalog.listAudit(range, page);
  const items: AuditEvent[] = [];
  let { after } = page;
  for (let pages = 0; pages < PAGES_PER_ANSWER; pages++) {
    // No more than fits, so that the end of what was read is where the next page begins.
    const limit = page.limit - items.length;
    const found = await catalog.listAudit(range, { limit, ...withoutUndefined({ after }) });
    items.push(...found.items.filter(fits));
    after = found.next;
    if (after === undefined || items.length >= page.limit) break;
  }
  return { items, ...withoutUndefined({ next: after }) };
}

/** A caller that is limited to versions sees what happened to those. */
function isVisible(caller: Principal, { versionId }: AuditEvent): boolean {
  if (caller.versions === undefined) return true;
  return versionId !== undefined && coversVersion(caller, versionId as VersionId);
}

/**
 * Newest first.
 * @throws FORBIDDEN for a caller that sees only a part of the events, which fit no digest
 */
export async function listDays(
  catalog: Pick<Catalog, 'listAuditDays'>,
  caller: Principal,
  page: PageRequest,
): Promise<Page<AuditDay>> {
  if (caller.versions === undefined) return catalog.listAuditDays(page);
  throw new ServiceError(
    'FORBIDDEN',
    `the digests cover all versions, and this token is limited to ${caller.versions}`,
  );
}
