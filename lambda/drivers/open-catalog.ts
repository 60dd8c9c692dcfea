/** Opens the catalog of a function on AWS, and the services that the API functions build on it. */
import { Authenticator } from '../../core/access/authenticator.ts';
import type { Clock } from '../../core/clock.ts';
import type { Catalog } from '../../core/ports/catalog.ts';
import type { DynamoCatalogConfig, Limits } from '../../core/settings.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import type { Log } from '../../service/host/log.ts';
import { DynamoCatalog } from '../../storage/dynamo/dynamo-catalog.ts';
import { SignedDynamoClient } from '../../storage/dynamo/signed-client.ts';
import { countingRefusals, countingRollouts } from '../metrics/measured.ts';
import { functionMetrics } from '../runtime/function-metrics.ts';
import { signedRequests } from './signed-requests.ts';

export const systemClock: Clock = () => new Date();

/** Sends no request yet. @param limits of a function that writes */
export function openCatalog(
  { tableName, region, endpoint }: DynamoCatalogConfig,
  { auditRetentionDays }: Partial<Limits> = {},
): DynamoCatalog {
  return new DynamoCatalog({
    client: new SignedDynamoClient(
      signedRequests('DYNAMODB', { region, ...withoutUndefined({ endpoint }) }),
    ),
    tableName,
    ...withoutUndefined({ auditRetentionDays }),
  });
}

interface ApiSettings {
  readonly table: DynamoCatalogConfig;
  readonly publicUrl: string;
  readonly publicDownloads: boolean;
  readonly limits: Limits;
}

/**
 * What every function behind the API needs.
 * @param catalog given where it is already open
 */
export function openApi(
  { table, publicUrl, publicDownloads, limits }: ApiSettings,
  log: Log,
  catalog: Catalog = openCatalog(table, limits),
) {
  const clock = systemClock;
  return {
    catalog,
    clock,
    authenticator: new Authenticator(
      catalog,
      clock,
      undefined,
      countingRefusals(functionMetrics()),
    ),
    countRollout: countingRollouts(functionMetrics()),
    publicUrl,
    publicDownloads,
    limits,
    log,
  };
}
