/**
 * Decides which of the requests and addresses in an answer the client may use
 * (docs/decisions/0021). Otherwise a hostile service could make it send any request to any address.
 */
import type { RequestBody } from '../api/schemas/answers.ts';
import { reachOf } from './host-reach.ts';
import type { SendBytes } from './send-bytes.ts';
import { StowageError } from './stowage-error.ts';

const METHODS: ReadonlySet<string> = new Set(['PUT', 'POST']);
/** Headers that describe the bytes, set a condition, or belong to the store. */
const HEADER =
  /^(?:content-(?:type|disposition|encoding|language|md5|digest)|cache-control|expires|if-(?:none-)?match|x-(?:amz|goog|ms|oss|cos|obs|stowage)-[a-z0-9-]+)$/;
/** Signature Version 4 signs one request; it is not a password. */
const SIGNATURE = /^AWS4-[A-Z0-9-]+ Credential=/;

/** Wraps `send`: it sends only what the rule allows. */
export function allowedOnly<Bytes>(serviceUrl: string, send: SendBytes<Bytes>): SendBytes<Bytes> {
  return async (request, bytes, options) => {
    requireAllowedUpload(request, serviceUrl);
    return send(request, bytes, options);
  };
}

/** @throws StowageError UNSAFE_REQUEST */
export function requireAllowedUpload(
  { method, url, headers }: RequestBody,
  serviceUrl: string,
): void {
  if (!METHODS.has(method))
    throw unsafe(`the service asks for ${method}; bytes are sent by PUT or POST alone`);
  for (const [name, value] of Object.entries(headers ?? {})) {
    const isSignature = name.toLowerCase() === 'authorization' && SIGNATURE.test(value);
    if (typeof value === 'string' && (isSignature || HEADER.test(name.toLowerCase()))) continue;
    throw unsafe(`the service asks for the header ${name}, which no upload needs`);
  }
  requireAllowedAddress(url, serviceUrl);
}

/** @returns the address. @throws StowageError UNSAFE_REQUEST */
export function requireAllowedAddress(url: string, serviceUrl: string): URL {
  const [address, service] = [URL.parse(url), new URL(serviceUrl)];
  if (address === null || !/^https?:$/.test(address.protocol)) {
    throw unsafe(`the service names an address that is not http or https`);
  }
  const { origin, protocol, hostname } = address;
  if (address.username !== '' || address.password !== '')
    throw unsafe(`the service names a password for ${origin}`);
  if (origin === service.origin) return address;
  const [reach, own] = [reachOf(hostname), reachOf(service.hostname)];
  if (reach === 'link')
    throw unsafe(`the service names ${origin}, an address that only a network's own machines use`);
  if (reach === 'machine' && own !== 'machine') {
    throw unsafe(`the service names ${origin}, which is this machine, and the service is another`);
  }
  if (protocol === 'http:' && service.protocol === 'https:' && reach !== 'machine') {
    throw unsafe(
      `the service names ${origin}, where bytes travel in clear; the service itself is reached by https`,
    );
  }
  return address;
}

function unsafe(message: string): StowageError {
  return new StowageError('UNSAFE_REQUEST', message);
}
