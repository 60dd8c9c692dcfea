/** Tokens that a page gets from its server: asked for before each request, or kept for a while. */
import isNetworkError from 'is-network-error';
import { StowageError } from '../stowage-error.ts';

/** A token, or an answer with its expiry, as the service gives it with an upload grant. */
export type GivenToken = string | { readonly token: string; readonly expiresAt?: string };

interface KeptToken {
  readonly token: Promise<string>;
  /** By the clock of this page. */
  until: number;
}

/**
 * What comes as an object is kept for half of its life: the clock of the page may be wrong. A text is
 * asked for each time. Requests that begin together share one question.
 */
export function keepToken(ask: () => GivenToken | Promise<GivenToken>): () => Promise<string> {
  let kept: KeptToken | undefined;
  return () => {
    if (kept !== undefined && Date.now() < kept.until) return kept.token;
    const asked = (async () => ask())().catch((error) => {
      throw isNetworkError(error) ? noAnswer(error) : error;
    });
    const token = asked.then((given) => (typeof given === 'string' ? given : given.token));
    const asking: KeptToken = { token, until: Number.POSITIVE_INFINITY };
    kept = asking;
    asked.then(
      (given) => {
        asking.until = keptUntil(given, Date.now());
      },
      () => {
        asking.until = 0;
      },
    );
    return token;
  };
}

function keptUntil(given: GivenToken, now: number): number {
  if (typeof given === 'string') return 0;
  const { expiresAt } = given;
  return expiresAt === undefined
    ? Number.POSITIVE_INFINITY
    : now + (Date.parse(expiresAt) - now) / 2;
}

/** The upload waits for it, as for the service itself. */
function noAnswer(error: TypeError): StowageError {
  return new StowageError('UNREACHABLE', `no token: ${error.message}`, { cause: error });
}
