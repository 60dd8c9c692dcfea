/** RFC 3986 as Signature Version 4 wants it. */

const UNRESERVED = /^[\w.~-]*$/;

/** Everything but letters, digits and `-._~`, percent-encoded. */
export function encodeUri(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Segment by segment. */
export function encodePath(text: string): string {
  return text.split('/').map(encodeUri).join('/');
}
