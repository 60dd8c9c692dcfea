/** Removes weak tags, which must not match in `If-Match` (RFC 9110 section 13.1.1). */

/** Replaces weak tags by one that no file has, so that the condition remains. */
export function withoutWeakTags(ifMatch: string): string {
  return ifMatch.replaceAll(/W\/"[^"]*"/g, '"weak"');
}
