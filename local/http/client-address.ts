/** The address of the client that sent a request, past the proxies that are trusted to name it. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * Each proxy adds the address that it sees at the end of `X-Forwarded-For`, so they are counted from there. What stands before is the
 * client's own word, and is not believed.
 */
export function clientAddress(
  { socket, headers }: IncomingMessage,
  trustedProxies: number,
): string {
  const peer = asIPv4(socket.remoteAddress ?? '');
  if (trustedProxies === 0) return peer;
  const named = headers['x-forwarded-for'];
  if (named === undefined) return peer;
  const addresses = String(named).split(',');
  const text = addresses.at(-Math.min(trustedProxies, addresses.length)) ?? '';
  const address = asIPv4(withoutPort(text.trim()));
  return isIP(address) === 0 ? peer : address;
}

/** An IPv4 address that came in on an IPv6 socket is written as IPv4. */
function asIPv4(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

/** Some proxies name the port, too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}
