/** Statements go where the packages of their versions go. */
import { expect, test } from '@jest/globals';
import { copyStatements } from '../../../core/migrate/copy-statements.ts';
import { parseVersionId } from '../../../core/names.ts';
import { MemoryCatalog } from '../../../storage/memory/memory-catalog.ts';
import { MemoryStatements } from '../../../storage/memory/memory-statements.ts';

test('statements of the chosen sealed versions are copied once, and stay', async () => {
  const [catalog, from, to] = [new MemoryCatalog(), new MemoryStatements(), new MemoryStatements()];
  const createdAt = '2026-11-28T12:00:00.000Z';
  for (const id of ['1.0.0', '1.1.0', '2.0.0']) {
    const versionId = parseVersionId(id);
    await catalog.createVersion({ versionId, createdAt, sealedAt: createdAt });
    await from.keep(versionId, `of ${id}`);
  }
  await catalog.createVersion({ versionId: parseVersionId('1.2.0'), createdAt });
  await to.keep(parseVersionId('1.1.0'), 'copied before');
  const chosen = { include: ['1.*'] };

  expect(await copyStatements({ catalog, from, to }, chosen)).toBe(2);
  expect(await copyStatements({ catalog, from, to }, chosen)).toBe(2);

  expect(Object.fromEntries(to.kept)).toEqual({ '1.0.0': 'of 1.0.0', '1.1.0': 'copied before' });
  expect(from.kept.size).toBe(3);
});
