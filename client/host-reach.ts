/**
 * How far a host reaches, judged by its name alone. DNS may still resolve a name to any address.
 */

/** This machine; its link (where clouds give credentials to their machines); anything else. */
export type Reach = 'machine' | 'link' | 'network';

/**
 * Where clouds give credentials to their machines: AWS (IPv6), Alibaba, Oracle, Google.
 * 169.254.169.254 counts as `link`.
 */
const METADATA: ReadonlySet<string> = new Set([
  'fd00:ec2::254',
  '100.100.100.200',
  '192.0.0.192',
  'metadata',
  'metadata.google.internal',
  'instance-data',
]);

/**
 * @param hostname as `URL` has it: lower case, IPv4 in four decimal numbers, IPv6 in brackets and
 * shortened
 */
export function reachOf(hostname: string): Reach {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (METADATA.has(host)) return 'link';
  if (host === 'localhost' || host.endsWith('.localhost')) return 'machine';
  if (host.includes(':')) return reachOfIpv6(host);
  return reachOfIpv4(host);
}

function reachOfIpv4(host: string): Reach {
  if (/^(?:127|0)\.\d+\.\d+\.\d+$/.test(host)) return 'machine';
  return /^169\.254\.\d+\.\d+$/.test(host) ? 'link' : 'network';
}

function reachOfIpv6(host: string): Reach {
  if (host === '::1' || host === '::') return 'machine';
  if (/^fe[89ab]/.test(host)) return 'link';
  const [, high, low] = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host) ?? [];
  if (high === undefined || low === undefined) return 'network';
  const bytes = [high, low].flatMap((word) => [
    Number.parseInt(word, 16) >> 8,
    Number.parseInt(word, 16) & 255,
  ]);
  return reachOf(bytes.join('.'));
}
