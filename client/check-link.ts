/**
 * Checks a link before it is used. A download would never reach a size that is not a number.
 */
import type { LinkBody } from '../api/schemas/answers.ts';
import { StowageError } from './stowage-error.ts';

/** @throws StowageError BAD_ANSWER that names the field */
export function checkLink(link: LinkBody): LinkBody {
  const { url, expiresAt, size, sha256, filename } = link ?? {};
  for (const [name, value] of Object.entries({ url, expiresAt, sha256, filename })) {
    if (typeof value !== 'string') throw faulty(name, value);
  }
  if (!Number.isSafeInteger(size) || size < 0) throw faulty('size', size);
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw faulty('sha256', sha256);
  return link;
}

function faulty(name: string, value: unknown): StowageError {
  const got = (JSON.stringify(value) ?? 'nothing').slice(0, 100);
  return new StowageError(
    'BAD_ANSWER',
    `the service answers with a link whose ${name} is not valid: ${got}`,
  );
}
