/** The statement of a sealed version, as it was signed. */
import type { VersionId } from '../../core/names.ts';
import { getVersion } from '../../core/reading/listing.ts';
import { readStatement, requireStatements } from '../../core/sealing/keep-statement.ts';
import type { Headers } from '../chain/call.ts';
import type { HandlerResult } from '../host/handler.ts';
import type { CatalogServices } from '../host/services.ts';
import { unlessKnown } from './conditional.ts';

/** @throws NOT_FOUND where the version is unknown, a draft, or not sealed; NOT_SUPPORTED */
export async function answerStatement(
  services: Pick<CatalogServices, 'catalog' | 'statements' | 'releaseSigner'>,
  headers: Headers,
  versionId: VersionId,
): Promise<HandlerResult> {
  const { statements } = requireStatements(services);
  const version = await getVersion(services.catalog, versionId, false);
  const text = await readStatement(statements, version);
  return unlessKnown(headers, 'application/jsonl', text);
}
