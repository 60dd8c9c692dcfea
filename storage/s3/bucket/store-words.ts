/** The store's own error text, made safe for our messages: short, printable, without secrets. */

const LONGEST_CODE = 80;
const LONGEST_MESSAGE = 200;
/**
 * Signatures, session tokens, secret keys. Nothing an operator needs is this long without a space.
 */
const MAYBE_SECRET = /[A-Za-z0-9+/=_%.~-]{40,}/g;
const NAMED_SECRET =
  /\b((?:x-amz-)?(?:signature|credential|security-token|secret|token|password|authorization))\s*[=:]\s*\S+/gi;
/** Control characters, and characters that are invisible or change the direction of the text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

interface Said {
  readonly name?: unknown;
  readonly Code?: unknown;
  readonly message?: unknown;
}

/**
 * For example `InvalidRequest: The checksum is missing`. Undefined if the response had no error
 * code of a store (HEAD, a page of a proxy).
 */
export function storeWords(error: unknown): string | undefined {
  const code = storeCode(error);
  if (code === undefined) return undefined;
  const message = printable(String((error as Said).message ?? ''), LONGEST_MESSAGE);
  return message === '' || message === code ? code : `${code}: ${message}`;
}

/** The error code as the store gave it. */
export function storeCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { name, Code } = error as Said;
  const code = String(Code ?? name ?? '');
  // Names that end in "Error" are usually the SDK's own, for responses that it cannot read.
  if (!/^[A-Z][A-Za-z.]+$/.test(code) || /^(?:Unknown|Error$|[A-Z]\w*Error$)/.test(code)) {
    return KNOWN_ERRORS.has(code) ? code : undefined;
  }
  return code.slice(0, LONGEST_CODE);
}

/** Codes of stores that look like names of JavaScript errors. */
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
