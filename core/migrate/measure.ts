/**
 * Runs the work on one package and measures its time. A store that refuses or breaks off is a
 * result, too, and does not end the migration.
 */
import { isServiceError } from '../errors.ts';
import type { PackageKey } from '../names.ts';
import { withoutUndefined } from '../without-undefined.ts';
import type { CopyDeps } from './copy/copy.ts';
import type { CopyResult } from './copy/outcome.ts';

export type FileResult = Pick<CopyResult, 'outcome' | 'sentBytes' | 'detail' | 'sha256' | 'code'>;

export async function measure(
  file: { readonly key: PackageKey; readonly size: number; readonly sha256?: string },
  work: () => Promise<FileResult>,
  { signal, patience }: Pick<CopyDeps, 'signal' | 'patience'> = {},
): Promise<CopyResult> {
  const { key, size, sha256 } = file;
  const startedAt = performance.now();
  const trying = () => work().catch((error) => asFailure(error, signal));
  const result = await (patience === undefined ? trying() : patience.trying(trying, signal));
  const ms = Math.round(performance.now() - startedAt);
  return { key, size, ...withoutUndefined({ sha256 }), ...result, ms };
}

/** Errors of our own code are thrown, not reported as failures of a file. */
function asFailure(error: unknown, signal: AbortSignal | undefined): FileResult {
  if (signal?.aborted === true) return { outcome: 'stopped', sentBytes: 0 };
  if (!isServiceError(error)) throw error;
  const { code, message } = error;
  if (code === 'KEY_OCCUPIED') return { outcome: 'occupied', sentBytes: 0, detail: message };
  return { outcome: 'failed', sentBytes: 0, detail: `${message} (${code})`, code };
}
