/**
 * Groups the addresses of one client: an IPv4 address alone, or the /64 network of an IPv6 address,
 * which one client gets as a whole.
 */

/** @param address as `node:net` writes it; other text is a group of its own */
export function addressGroup(address: string): string {
  const [plain = ''] = address.split('%');
  if (!plain.includes(':')) return plain;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  return mapped ?? `${networkOf(plain).join(':')}::/64`;
}

/** The first four of the eight parts, without leading zeros. */
function networkOf(address: string): readonly string[] {
  const [left = '', right] = address.split('::');
  const parts = left === '' ? [] : left.split(':');
  if (right !== undefined) {
    const last = right === '' ? [] : right.split(':');
    // An IPv4 address at the end counts as two parts.
    const there = parts.length + last.length + (right.includes('.') ? 1 : 0);
    parts.push(...Array.from({ length: Math.max(0, 8 - there) }, () => '0'), ...last);
  }
  return parts.slice(0, 4).map((part) => Number.parseInt(part, 16).toString(16));
}
