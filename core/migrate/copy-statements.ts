/** Takes the statements of sealed versions to the store that their packages are moved to. */
import { parseVersionId } from '../names.ts';
import { type Catalog, everyItem } from '../ports/catalog.ts';
import { type Statements, withFallback } from '../ports/statements.ts';
import { isChosen, type VersionFilter } from './catalog-records.ts';

export interface StatementSides {
  readonly catalog: Pick<Catalog, 'listVersions'>;
  readonly from: Statements;
  readonly to: Statements;
}

/** Repeatable: a statement never changes, and stays where it was, too. @returns how many there are */
export async function copyStatements(
  { catalog, from, to }: StatementSides,
  filter: VersionFilter,
): Promise<number> {
  const both = withFallback(to, from);
  let count = 0;
  for await (const { versionId, sealedAt } of everyItem((page) => catalog.listVersions(page))) {
    const version = parseVersionId(versionId);
    if (sealedAt === undefined || !isChosen(filter, version)) continue;
    if ((await both.read(version)) !== undefined) count += 1;
  }
  return count;
}
