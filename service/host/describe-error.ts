/**
 * Errors as the log shows them: name, code, message and stack of the error and its causes. Queries
 * of URLs and secrets of tokens are hidden.
 */

const CAUSES_MAX = 5;

export interface DescribedError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: DescribedError;
}

/**
 * A serializer for pino's `err`. Other fields of an error (requests, headers) may hold secrets, so
 * they are left out.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: redact(String(error)) };
  const { code } = error as { readonly code?: unknown };
  return {
    type: error.name,
    ...(typeof code === 'string' && { code }),
    message: redact(error.message),
    ...(error.stack !== undefined && { stack: redact(error.stack) }),
    ...(error.cause !== undefined &&
      depth < CAUSES_MAX && { cause: describeError(error.cause, depth + 1) }),
  };
}

/** A token, or text that begins like one. The id is kept, the secret is hidden. */
const TOKEN_SECRET = /(stw_[a-z0-9]+_)[A-Za-z0-9_%-]+/g;
/**
 * From the first question mark after a slash on. It looks back from the mark, because a search from
 * every slash would take quadratic time.
 */
const QUERY = /(?<=\/[^\s?"']*)\?[^\s"']+/g;

export function withoutTokens(text: string): string {
  return text.replace(TOKEN_SECRET, '$1[hidden]');
}

function redact(text: string): string {
  return withoutTokens(text).replace(QUERY, '?[hidden]');
}
