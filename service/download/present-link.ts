/** A link as the API shows it. */
import type { LinkBody } from '../../api/schemas/answers.ts';
import type { Link } from '../../core/reading/links.ts';

export function presentLink({ record, request }: Link): LinkBody {
  const { size, sha256, filename, contentType } = record;
  return { url: request.url, expiresAt: request.expiresAt.toISOString(), size, sha256, filename, contentType };
}
