/** What a store said in its own words, made fit for an error message: short, printable, and without what may be a secret. */

const LONGEST_CODE = 80;
const LONGEST_MESSAGE = 200;
/** Signatures, session tokens, secret keys: nothing that an operator has to read is this long without a space. */
const MAYBE_SECRET = /[A-Za-z0-9+/=_%.~-]{40,}/g;
const NAMED_SECRET =
  /\b((?:x-amz-)?(?:signature|credential|security-token|secret|token|password|authorization))\s*[=:]\s*\S+/gi;
/** Controls, and what turns the direction of a line or hides in it. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

interface Said {
  readonly name?: unknown;
  readonly Code?: unknown;
  readonly message?: unknown;
}

/** `InvalidRequest: The checksum is missing`; undefined where the answer held no code of a store (HEAD, a proxy's own page). */
export function storeWords(error: unknown): string | undefined {
  const code = storeCode(error);
  if (code === undefined) return undefined;
  const message = printable(String((error as Said).message ?? ''), LONGEST_MESSAGE);
  return message === '' || message === code ? code : `${code}: ${message}`;
}

/** The error's name as the store gave it. */
export function storeCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { name, Code } = error as Said;
  const code = String(Code ?? name ?? '');
  // The SDK's words for an answer that it can't read.
  if (!/^[A-Z][A-Za-z.]+$/.test(code) || /^(?:Unknown|Error$|[A-Z]\w*Error$)/.test(code)) {
    return KNOWN_ERRORS.has(code) ? code : undefined;
  }
  return code.slice(0, LONGEST_CODE);
}

/** Codes of stores that end as names of JavaScript's own errors do. */
const KNOWN_ERRORS: ReadonlySet<string> = new Set([
  'InternalError',
  'AuthorizationQueryParametersError',
]);

function printable(text: string, longest: number): string {
  const plain = text
    .replace(UNPRINTABLE, ' ')
    .replace(NAMED_SECRET, '$1=...')
    .replace(MAYBE_SECRET, '...')
    .trim();
  return plain.length <= longest ? plain : `${plain.slice(0, longest)}...`;
}
