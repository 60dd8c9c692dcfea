/**
 * Turns a request of node:http into the event that an API Gateway HTTP API sends to a Lambda
 * function (payload format 2.0).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { EventBody } from '../../service/host/handler.ts';

/** What an event holds besides the request itself. */
export interface EventContext {
  /** `METHOD /path/{variable}`, or `$default` if no route matches. */
  readonly routeKey: string;
  readonly pathParameters?: Readonly<Record<string, string>> | undefined;
  readonly requestId: string;
  /** Address of the caller. */
  readonly sourceIp: string;
  /** Milliseconds since 1970. */
  readonly timeEpoch: number;
}

/** The path and the query of a request target, without the question mark. */
export interface Target {
  readonly path: string;
  readonly query: string;
}

const NO_PATH = /^https?:\/\/[^/?#]*/i;

/** Accepts `/path?query` and `http://host/path?query`, as RFC 9112 section 3.2 requires. */
export function targetOf(url: string): Target {
  const origin = url.startsWith('/') ? url : url.replace(NO_PATH, '');
  const mark = origin.indexOf('?');
  const path = mark < 0 ? origin : origin.slice(0, mark);
  return { path: path === '' ? '/' : path, query: mark < 0 ? '' : origin.slice(mark + 1) };
}

/** The body of a request in the form of an event: text unchanged, other bytes in base64. */
export function eventBodyOf(bytes: Buffer, contentType: string | undefined): EventBody {
  const asText = isText(contentType) && isUtf8(bytes);
  return { body: bytes.toString(asText ? 'utf8' : 'base64'), isBase64Encoded: !asText };
}

/** Makes the event without the body. Rarely used fields (the time as text) are made when read. */
export function eventOf(
  request: IncomingMessage,
  target: Target,
  context: EventContext,
): APIGatewayProxyEventV2 {
  const { routeKey, pathParameters, requestId, sourceIp, timeEpoch } = context;
  const { headers, cookies } = readHeaders(request);
  // API Gateway decodes the path, and refuses one that it cannot decode, so raw text will do then.
  const rawPath = decodedPath(target.path);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: target.query,
    ...(cookies !== undefined && { cookies }),
    headers,
    ...(target.query === '' ? {} : { queryStringParameters: readQuery(target.query) }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      stage: '$default',
      get time() {
        return commonLogTime(timeEpoch);
      },
      timeEpoch,
    },
    ...(pathParameters !== undefined && { pathParameters }),
    isBase64Encoded: false,
  };
}

interface EventHeaders {
  readonly headers: Record<string, string>;
  readonly cookies: string[] | undefined;
}

/** Names are in lower case, repeated headers joined by a comma. Cookies are kept separately. */
function readHeaders({ headers, rawHeaders }: IncomingMessage): EventHeaders {
  // Node has parsed them already. Where none is repeated, that is the same.
  let count = 0;
  for (const _ in headers) count += 2;
  const isPlain = headers.cookie === undefined && headers['set-cookie'] === undefined;
  return isPlain && count === rawHeaders.length
    ? { headers: headers as Record<string, string>, cookies: undefined }
    : joinHeaders(rawHeaders);
}

function joinHeaders(raw: readonly string[]): EventHeaders {
  // Without a prototype, because `__proto__` and `constructor` may be header names.
  const headers: Record<string, string> = Object.create(null);
  let cookies: string[] | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]?.toLowerCase() ?? '';
    const value = raw[index + 1] ?? '';
    if (name === 'cookie') cookies = [...(cookies ?? []), ...value.split(/; */)];
    else headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return { headers, cookies };
}

/** Decodes like a form (a plus is a space). Values of repeated names are joined by a comma. */
function readQuery(query: string): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = parameters[name] === undefined ? value : `${parameters[name]},${value}`;
  }
  return parameters;
}

function decodedPath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const TEXT_TYPE = /^(?:text\/|application\/(?:[\w.+-]+\+)?(?:json|xml|javascript)\s*(?:;|$))/i;

function isText(contentType: string | undefined): boolean {
  return contentType !== undefined && TEXT_TYPE.test(contentType);
}

const MONTHS = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const;

/** The time in the format of access logs: `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(epoch: number): string {
  const [date = '', time = ''] = new Date(epoch).toISOString().split(/[T.]/);
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`;
}
