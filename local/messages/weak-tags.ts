/** Weak tags where HTTP compares strongly: `If-Match` and `If-Range` (RFC 9110 sections 13.1.1 and 13.1.5) let none of them match. */

/** An `If-Match` without its weak tags. One that no file has stands in their place, so that the condition stays. */
export function withoutWeakTags(ifMatch: string): string {
  return ifMatch.replaceAll(/W\/"[^"]*"/g, '"weak"');
}
