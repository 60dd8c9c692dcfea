/** All operations, for hosts that serve every privilege. */
// Hosts that serve all operations have it before the first request.
import '../service/chain/parse-request.ts';
import type { OperationId } from '../api/routes.ts';
import { about } from '../service/about.ts';
import { administration } from '../service/administration.ts';
import { audit } from '../service/audit.ts';
import { catalog } from '../service/catalog.ts';
import { http } from '../service/chain/http.ts';
import type { Operation } from '../service/chain/operation.ts';
import { downloads } from '../service/downloads.ts';
import { front } from '../service/front.ts';
import type { Handler } from '../service/host/handler.ts';
import type { Services } from '../service/host/services.ts';
import { publishing } from '../service/publishing.ts';
import { releasing } from '../service/releasing.ts';
import { tokens } from '../service/tokens.ts';
import { exchange, trustRules } from '../service/trust.ts';
import { updates } from '../service/updates.ts';

const OPERATIONS: Readonly<Record<OperationId, Operation>> = {
  ...publishing,
  ...downloads,
  ...updates,
  ...catalog,
  ...releasing,
  ...front,
  ...administration,
  ...audit,
  ...tokens,
  ...trustRules,
  ...exchange,
  ...about,
};

/** Makes one handler per operation, all with the same services. */
export function createHandlers(services: Services): Readonly<Record<OperationId, Handler>> {
  const handlers = Object.entries(OPERATIONS).map(([id, operation]) => [
    id,
    http(operation, services),
  ]);
  return Object.fromEntries(handlers) as Record<OperationId, Handler>;
}
