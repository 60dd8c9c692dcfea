/** The operations by which an administrator reads what was changed, and the digests of the days. */
import { findEvents, listDays } from '../core/audit/read-audit.ts';
import { withoutUndefined } from '../core/without-undefined.ts';
import { answerPage } from './answers/json.ts';
import { operation } from './chain/operation.ts';
import type { AdminServices } from './host/services.ts';

export const audit = {
  /** GET /v1/audit: the changes that were made, newest first. */
  listAudit: operation('listAudit', async ({ caller, query }, services: AdminServices) => {
    const { limit, cursor, from, to, who, versionId } = query;
    const filter = withoutUndefined({ from: asStored(from), to: asStored(to), who, versionId });
    return answerPage(
      services,
      `audit ${JSON.stringify([filter, caller.versions])}`,
      { limit, cursor },
      (page) => findEvents(services.catalog, caller, filter, page),
      (event) => event,
    );
  }),

  /** GET /v1/audit/days: the digests of the days, newest first. */
  listAuditDays: operation('listAuditDays', async ({ caller, query }, services: AdminServices) =>
    answerPage(
      services,
      'audit days',
      query,
      (page) => listDays(services.catalog, caller, page),
      (day) => day,
    ),
  ),
};

/** Times compare as text, so they need the form that events have. */
function asStored(time: string | undefined): string | undefined {
  return time && new Date(time).toISOString();
}
