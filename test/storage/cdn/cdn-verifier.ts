/**
 * Looks at a link as CloudFront's edge does, from its documentation alone: takes the URL apart,
 * rebuilds the policy, checks with the public key.
 */
import { createPublicKey, verify } from 'node:crypto';

/** Public keys in PEM by their ids: what the key group trusts. */
export type TrustedKeys = ReadonlyMap<string, string>;

/** @returns why the edge refuses the link, undefined where it serves it */
export function refusalOf(link: string, trusted: TrustedKeys, now: Date): string | undefined {
  const at = link.indexOf('?');
  const [resource, query] = [link.slice(0, at), link.slice(at + 1)];
  const params = new Map(query.split('&').map((pair) => pair.split('=', 2) as [string, string]));
  const [expires = '', signature = '', keyId = ''] = ['Expires', 'Signature', 'Key-Pair-Id'].map(
    (name) => params.get(name),
  );
  if (at < 0 || params.size !== 4 || !/^\d+$/.test(expires)) return 'malformed';
  if (params.get('Hash-Algorithm') !== 'SHA256') return 'another hash than SHA-256';
  const pem = trusted.get(keyId);
  if (pem === undefined) return `unknown key ${keyId}`;
  if (!/^[A-Za-z0-9~_-]+$/.test(signature)) return 'malformed signature';
  const policy = {
    Statement: [
      { Resource: resource, Condition: { DateLessThan: { 'AWS:EpochTime': Number(expires) } } },
    ],
  };
  const bytes = Buffer.from(
    signature.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'),
    'base64',
  );
  if (!verify('sha256', Buffer.from(JSON.stringify(policy)), createPublicKey(pem), bytes))
    return 'wrong signature';
  return now.getTime() < Number(expires) * 1000 ? undefined : 'expired';
}
