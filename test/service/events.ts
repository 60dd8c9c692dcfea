/** Events as an API Gateway HTTP API makes them (payload 2.0). */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

export interface CallOptions {
  readonly method?: string | undefined;
  /** The path of the route, with its variables. */
  readonly route?: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string | undefined;
  /** Sent as JSON, with its content type. */
  readonly body?: unknown;
  /** Sent as it is, with no content type but that of `headers`. */
  readonly text?: string;
  readonly base64?: boolean;
}

export const REQUEST_ID = 'request-1';

export function eventOf(options: CallOptions): APIGatewayProxyEventV2 {
  const { method = 'GET', route = '/', path = {}, query, token, body, base64 = false } = options;
  const rawPath = route.replace(/\{(\w+)\}/g, (_, name: string) => path[name] ?? '');
  const text = options.text ?? (body === undefined ? undefined : JSON.stringify(body));
  return {
    version: '2.0',
    routeKey: `${method} ${route}`,
    rawPath,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...options.headers,
    },
    ...(query === undefined ? {} : { queryStringParameters: { ...query } }),
    ...(Object.keys(path).length === 0 ? {} : { pathParameters: { ...path } }),
    ...(text === undefined ? {} : { body: base64 ? Buffer.from(text).toString('base64') : text }),
    isBase64Encoded: base64,
    requestContext: {
      accountId: '000000000000',
      apiId: 'test',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: {
        method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test',
      },
      requestId: REQUEST_ID,
      routeKey: `${method} ${route}`,
      stage: '$default',
      time: '22/Nov/2026:12:00:00 +0000',
      timeEpoch: 1_795_348_800_000,
    },
  };
}
