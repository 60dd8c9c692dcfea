/** Percent-encoding (RFC 3986) as Signature Version 4 requires it. */

const UNRESERVED = /^[\w.~-]*$/;

/** Encodes everything but letters, digits and `-._~`. */
export function encodeUri(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Encodes each segment, and keeps the slashes. */
export function encodePath(text: string): string {
  return text.split('/').map(encodeUri).join('/');
}
