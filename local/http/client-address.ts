/** Finds the address of a client behind trusted proxies. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * Each proxy appends the address that it sees to `X-Forwarded-For`, so the trusted ones are counted
 * from the end. The client itself may have written the rest, which is ignored.
 */
export function clientAddress(
  { socket, headers }: IncomingMessage,
  trustedProxies: number,
): string {
  const peer = asIPv4(socket.remoteAddress ?? '');
  // A worker of this server passes a request on by a socket without an address: one more proxy.
  const trusted = socket.remoteAddress === undefined ? trustedProxies + 1 : trustedProxies;
  if (trusted === 0) return peer;
  const named = headers['x-forwarded-for'];
  if (named === undefined) return peer;
  const addresses = String(named).split(',');
  const text = addresses.at(-Math.min(trusted, addresses.length)) ?? '';
  const address = asIPv4(withoutPort(text.trim()));
  return isIP(address) === 0 ? peer : address;
}

/** Writes an IPv4 address on an IPv6 socket as IPv4. */
function asIPv4(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

/** Some proxies also write the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}
