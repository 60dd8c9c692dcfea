/**
 * What a server answers to readers, in a form in which answers of two servers can be held against
 * each other.
 */
import { send } from '../../support/plain-client.ts';

/**
 * An answer without what differs between two servers by right: their address, signatures, times of
 * expiry, cursors.
 */
export interface ComparableAnswer {
  readonly status: number;
  /** Of those that clients rely on. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, text, or of a problem its code: its words are for people. */
  readonly body: unknown;
}

export interface Asked {
  readonly path: string;
  readonly token?: string | undefined;
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
}

const COMPARED = [
  'accept-ranges',
  'content-disposition',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'repr-digest',
  'x-checksum-sha256',
];
/** The body of JSON may grow, and these with it. */
const GROWING = ['content-length', 'etag', 'repr-digest'];
const DIFFERING = ['expiresAt', 'nextCursor'];

/** Follows redirects within the service, without the token. */
export async function ask(origin: string, asked: Asked): Promise<ComparableAnswer> {
  const { path, token, method = 'GET', headers = {} } = asked;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await send(origin + path, { method, headers: { ...headers, ...authorization } });
  const location = answer.headers['location'];
  if (typeof location === 'string') {
    return ask(origin, { path: location.slice(new URL(location).origin.length), headers });
  }
  const type = String(answer.headers['content-type'] ?? '');
  const text = answer.body.toString('latin1');
  const isJson = /^application\/(problem\+)?json/.test(type) && answer.body.length > 0;
  const body = isJson ? comparable(JSON.parse(answer.body.toString()), origin) : text;
  const isProblem = type.startsWith('application/problem+json');
  const kept = COMPARED.filter(
    (name) => !(isJson && GROWING.includes(name)) && answer.headers[name] !== undefined,
  );
  return {
    status: answer.status,
    headers: Object.fromEntries(kept.map((name) => [name, String(answer.headers[name])])),
    body: isProblem ? { code: (body as { readonly code?: unknown }).code } : body,
  };
}

function comparable(value: unknown, origin: string): unknown {
  if (Array.isArray(value)) return value.map((one) => comparable(one, origin));
  if (typeof value === 'string')
    return value.startsWith(origin) ? value.slice(origin.length).split('?')[0] : value;
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !DIFFERING.includes(name));
  return Object.fromEntries(kept.map(([name, one]) => [name, comparable(one, origin)]));
}
