/**
 * Distinguishes a server that does not answer from one that refuses the pages of this origin (CORS).
 * A browser reports both as the same error.
 */
import { StowageError } from './stowage-error.ts';

/** The origin of the page; undefined outside of browsers. */
export function pageOrigin(): string | undefined {
  const { location } = globalThis as unknown as { readonly location?: { readonly origin: string } };
  return location?.origin;
}

export interface Question {
  /** Of the request that got no answer. */
  readonly url: string;
  readonly pageOrigin: string;
  readonly serviceUrl: string;
  readonly signal: AbortSignal | undefined;
  readonly cause: unknown;
}

/**
 * Asks the server twice: without CORS, where any answer is fine, and then with it.
 * @returns the error if it answers only the first; undefined if it answers both or none
 */
export async function refusedByCors(
  { url, pageOrigin: page, serviceUrl, signal, cause }: Question,
  fetch: typeof globalThis.fetch,
): Promise<StowageError | undefined> {
  const { origin } = new URL(url);
  if (origin === page) return undefined;
  const isService = origin === new URL(serviceUrl).origin;
  const init = { cache: 'no-store', credentials: 'omit', ...(signal && { signal }) } as const;
  // Of a store nothing is known but the address of its bytes.
  const address = isService ? `${serviceUrl}/healthz` : url;
  try {
    await fetch(address, { ...init, mode: 'no-cors' });
  } catch {
    return undefined;
  }
  try {
    await fetch(address, init);
    return undefined;
  } catch {
    return new StowageError('CORS_REFUSED', refusal(origin, page, isService), { origin, cause });
  }
}

function refusal(origin: string, page: string, isService: boolean): string {
  const what = isService
    ? `${origin} answers, but not to pages of ${page}`
    : `the storage ${origin} answers, but takes no bytes from pages of ${page}`;
  const remedy = isService
    ? 'add it to CORS_ORIGINS of the service (on AWS: corsOrigins of the stage)'
    : 'add it to the CORS rules of the bucket (on AWS: corsOrigins of the stage)';
  return `${what}; ${remedy}`;
}
