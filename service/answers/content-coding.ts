/** Which compression a client takes. */

const GZIP = /(?:^|,)\s*gzip\s*(?:;\s*q=(?:1|0?\.0*[1-9])[\d.]*\s*)?(?:,|$)/i;

/** Whether `Accept-Encoding` names gzip, with a quality above 0 (RFC 9110 section 12.5.3). */
export function takesGzip(acceptEncoding = ''): boolean {
  return GZIP.test(acceptEncoding);
}
