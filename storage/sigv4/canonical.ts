/** What Signature Version 4 signs of queries and headers, and in which form. */

/** Proxies change these headers, or they carry the signature itself. */
export const UNSIGNABLE =
  /^(authorization|connection|date|expect|from|host|keep-alive|max-forwards|pragma|referer|te|trailer|transfer-encoding|upgrade|user-agent|x-amz-date|x-amzn-trace-id|proxy-.*|sec-.*)$/;

/** Parameters in the order of their names. @param query not encoded */
export function canonicalQuery(query: Readonly<Record<string, string>>): string {
  return Object.keys(query)
    .sort()
    .map((name) => `${encodeUri(name)}=${encodeUri(query[name] ?? '')}`)
    .join('&');
}

export function canonicalValue(value: string): string {
  // Stryker disable next-line all: most values need no replacing, which gives the same
  if (!/[\r\n\t]| {2}|^ | $/.test(value)) return value;
  return value
    .replace(/[\r\n]/g, ' ')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '');
}

const UNRESERVED = /^[\w.~-]*$/;

/** Encodes (RFC 3986) everything but letters, digits and `-._~`. */
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
