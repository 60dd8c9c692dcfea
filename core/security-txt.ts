/**
 * The text of security.txt (RFC 9116): how people report a security problem to the operator of a
 * service.
 */
import type { SecurityContact } from './settings.ts';

export const SECURITY_TXT_PATH = '/.well-known/security.txt';

/** The RFC recommends less than a year. A service that still runs renews it each day. */
const LIFE_DAYS = 180;
const DAY_MS = 86_400_000;

/**
 * The same text for one whole day, so that its ETag holds.
 * @param publicUrl without a slash at its end
 */
export function securityTxt(
  { contact, policy, languages }: SecurityContact,
  publicUrl: string,
  now: Date,
): string {
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const lines = [
    `Contact: ${contact}`,
    `Expires: ${new Date(today + LIFE_DAYS * DAY_MS).toISOString()}`,
  ];
  if (languages !== undefined) lines.push(`Preferred-Languages: ${languages}`);
  // The RFC allows no other scheme.
  if (publicUrl.startsWith('https://')) lines.push(`Canonical: ${publicUrl}${SECURITY_TXT_PATH}`);
  if (policy !== undefined) lines.push(`Policy: ${policy}`);
  return `${lines.join('\n')}\n`;
}
