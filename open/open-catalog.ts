/** Opens the catalog that the settings name. Only the chosen driver is loaded. */
import type { Catalog } from '../core/ports/catalog.ts';
import type { CatalogConfig } from '../core/settings.ts';

export interface OpenCatalogOptions {
  /**
   * Whether this process owns the catalog of this machine: it may upgrade its schema, and keeps disk
   * space free for yanks. False for commands that run beside a server.
   */
  readonly isOwner: boolean;
  /** How long a shared catalog keeps the events of the audit. @default 400 */
  readonly auditRetentionDays?: number;
}

export interface OpenedCatalog {
  readonly catalog: Catalog;
  /** Checks that the catalog can be reached. @throws ServiceError that names the wrong setting */
  probe(): Promise<void>;
}

/** @throws INVALID_INPUT, NOT_SUPPORTED, UNAVAILABLE when the catalog cannot be opened */
export async function openCatalog(
  config: CatalogConfig,
  { isOwner, ...audit }: OpenCatalogOptions,
): Promise<OpenedCatalog> {
  if (config.type === 'sqlite') {
    const { SqliteCatalog } = await import('../storage/sqlite/sqlite-catalog.ts');
    const options = { path: config.path, keepReserve: isOwner, mayUpgrade: isOwner };
    // SQLite needs no probe: opening the file has read it.
    return { catalog: SqliteCatalog.open(options), probe: async () => {} };
  }
  const { tableName, region, endpoint } = config;
  const { DynamoCatalog } = await import('../storage/dynamo/dynamo-catalog.ts');
  const { dynamoClient } = await import('../storage/dynamo/dynamo-client.ts');
  const { checkTable } = await import('../storage/dynamo/check-table.ts');
  const client = dynamoClient({ region, ...(endpoint && { endpoint }) });
  const catalog = new DynamoCatalog({ client, tableName, ...audit });
  return { catalog, probe: () => checkTable(client, tableName) };
}
