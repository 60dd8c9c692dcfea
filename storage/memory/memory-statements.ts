/** Keeps statements in memory, for tests of code above the port. */
import type { VersionId } from '../../core/names.ts';
import type { Statements } from '../../core/ports/statements.ts';

export class MemoryStatements implements Statements {
  readonly kept = new Map<VersionId, string>();

  async read(versionId: VersionId): Promise<string | undefined> {
    return this.kept.get(versionId);
  }

  async keep(versionId: VersionId, text: string): Promise<string> {
    const kept = this.kept.get(versionId) ?? text;
    this.kept.set(versionId, kept);
    return kept;
  }
}
