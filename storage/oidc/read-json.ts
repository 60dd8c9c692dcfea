/**
 * Reads a small JSON document over HTTPS: no redirects, a limited size, a limited time, and no
 * private address, which is checked when the connection is made.
 */
import { type LookupAddress, lookup as lookUp } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { httpRequest, httpsRequest } from '../http/node-http.ts';

export interface ReadOptions {
  /** Whether addresses of private networks may be asked, and this machine without TLS. */
  readonly allowPrivate: boolean;
  readonly mostBytes: number;
  /** For all of it. */
  readonly timeoutMs: number;
  /** PEM. @default the authorities that Node trusts */
  readonly ca?: string;
}

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv4');
// Of IPv6, only global unicast addresses are public; these of it lead to IPv4 ones.
const PUBLIC_V6 = new BlockList();
PUBLIC_V6.addSubnet('2000::', 3, 'ipv6');
PRIVATE.addSubnet('2002::', 16, 'ipv6');
PRIVATE.addSubnet('2001::', 32, 'ipv6');

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;

/** @throws Error that says what is wrong with the address or with the answer */
export async function readJson(address: string, options: ReadOptions): Promise<unknown> {
  const url = allowedUrl(address, options);
  const text = await get(url, options);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${address} is no JSON`, { cause: error });
  }
}

/** @throws Error */
function allowedUrl(address: string, { allowPrivate }: Pick<ReadOptions, 'allowPrivate'>): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '')
    throw new Error(`${address} is no URL without a user`);
  const isPlain = url.protocol === 'http:' && allowPrivate && LOOPBACK.test(url.hostname);
  if (url.protocol !== 'https:' && !isPlain) throw new Error(`${address} must begin with https://`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isIP(host) !== 0) requirePublic(url.hostname, host);
  return url;
}

function get(url: URL, options: ReadOptions): Promise<string> {
  const { allowPrivate, mostBytes, timeoutMs, ca } = options;
  return new Promise((resolve, reject) => {
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = open(url, {
      agent: false,
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
      ...(allowPrivate ? {} : { lookup: lookUpPublic }),
      ...(ca === undefined ? {} : { ca }),
    });
    sent.on('error', (error) =>
      reject(
        error.name === 'AbortError'
          ? new Error(`${url.href} did not answer within ${timeoutMs} ms`)
          : error,
      ),
    );
    sent.on('response', (answer) => {
      const { statusCode } = answer;
      const fail = (why: string) => {
        sent.destroy();
        reject(new Error(`${url.href} ${why}`));
      };
      if (statusCode !== 200) {
        const leads = statusCode !== undefined && statusCode >= 300 && statusCode < 400;
        return fail(`answered ${statusCode}${leads ? ', and redirects are not followed' : ''}`);
      }
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > mostBytes) fail(`has more than ${mostBytes} bytes`);
        else chunks.push(chunk);
      });
      answer.on('error', (error) => reject(error));
      answer.on('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    sent.end();
  });
}

/** As the connection looks up its host, so that no other answer can come between. */
const lookUpPublic: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, options, (error, found, family) => {
    if (error !== null) return callback(error, found, family);
    const addresses: readonly (string | LookupAddress)[] = Array.isArray(found) ? found : [found];
    try {
      for (const one of addresses)
        requirePublic(hostname, typeof one === 'string' ? one : one.address);
    } catch (refusal) {
      return callback(refusal as Error, '', 0);
    }
    callback(null, found, family);
  });
};

/** @throws Error */
function requirePublic(host: string, address: string): void {
  const isPublic =
    isIP(address) === 6
      ? PUBLIC_V6.check(address, 'ipv6') && !PRIVATE.check(address, 'ipv6')
      : !PRIVATE.check(address, 'ipv4');
  if (!isPublic)
    throw new Error(
      `${host} has the private address ${address}; TRUST_PRIVATE_ISSUERS=true allows it`,
    );
}
