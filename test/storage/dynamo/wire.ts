/**
 * Sits between a DynamoDB client and its server: counts requests, and lets a test make them fail.
 */
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

type Handle = DynamoDBClient['config']['requestHandler']['handle'];
type Request = Parameters<Handle>[0];
type Answer = Awaited<ReturnType<Handle>>;

/** Called instead of sending a request. `send` sends it. */
export type Fault = (
  request: Request,
  send: (request: Request) => Promise<Answer>,
) => Promise<Answer>;

type Json = Record<string, unknown>;

export class DynamoWire {
  /** The operations in the order sent, such as `GetItem`, including repeats by the SDK. */
  readonly requests: string[] = [];
  readonly #faults: { readonly operation: string; readonly fault: Fault }[] = [];

  constructor(client: DynamoDBClient) {
    const handler = client.config.requestHandler;
    const inner = handler.handle.bind(handler);
    handler.handle = async (request: Request, options: Parameters<Handle>[1]) => {
      const operation = (request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
      this.requests.push(operation);
      const index = this.#faults.findIndex((one) => one.operation === operation);
      const [next] = index < 0 ? [] : this.#faults.splice(index, 1);
      const send = (sent: Request) => inner(sent, options);
      return next === undefined ? send(request) : next.fault(request, send);
    };
  }

  /** Applies `fault` to the next `times` requests of `operation`. */
  spoil(operation: string, fault: Fault, times = 1): void {
    for (let time = 0; time < times; time++) this.#faults.push({ operation, fault });
  }

  /** Returns how often each operation was sent since the last call. */
  take(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const operation of this.requests.splice(0))
      counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }
}

/** The server refuses the request. @param name the error's name at DynamoDB */
export function refusal(status: number, name: string, message = 'no'): Fault {
  return async () =>
    answer(status, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message });
}

/** The client gets this answer, and the server no request. */
export function answers(status: number, body: Json): Fault {
  return async () => answer(status, body);
}

export const throttled: Fault = refusal(400, 'ProvisionedThroughputExceededException');

/** The connection breaks before the request arrives. */
export const notSent: Fault = async () => {
  throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
};

/** The server applies the request, and the connection breaks before its answer. */
export const answerLost: Fault = async (request, send) => {
  const { response } = await send(request);
  await text(response.body);
  return notSent(request, send);
};

/** The server reads only the first `count` keys of a batch. */
export function onlyFirst(count: number): Fault {
  return async (request, send) => {
    const { RequestItems: tables } = JSON.parse(bodyOf(request)) as {
      RequestItems: Record<string, { Keys: Json[] }>;
    };
    const [[tableName, asked] = ['', { Keys: [] }]] = Object.entries(tables);
    const [done, left] = [asked.Keys.slice(0, count), asked.Keys.slice(count)];
    const UnprocessedKeys = left.length === 0 ? {} : { [tableName]: { ...asked, Keys: left } };
    if (done.length === 0) return answer(200, { Responses: { [tableName]: [] }, UnprocessedKeys });
    const body = JSON.stringify({ RequestItems: { [tableName]: { ...asked, Keys: done } } });
    Object.assign(request, {
      body,
      headers: { ...request.headers, 'content-length': String(Buffer.byteLength(body)) },
    });
    const { response } = await send(request);
    return answer(200, { ...(JSON.parse(await text(response.body)) as Json), UnprocessedKeys });
  };
}

/** Not by the body's own methods, because the SDK then prints a warning. */
export function bodyOf(request: Request): string {
  return new TextDecoder().decode(request.body);
}

/** Replays earlier answers of the same queries, like an index that lags. */
export class OldAnswers {
  readonly #answers = new Map<string, Json>();

  readonly remember: Fault = async (request, send) => {
    const { response } = await send(request);
    const body = JSON.parse(await text(response.body)) as Json;
    this.#answers.set(bodyOf(request), body);
    return answer(200, body);
  };

  readonly repeat: Fault = async (request) => {
    const body = this.#answers.get(bodyOf(request));
    if (body === undefined) throw new Error('this was not asked before');
    return answer(200, body);
  };
}

function answer(status: number, body: Json): Answer {
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return {
    response: {
      statusCode: status,
      headers,
      body: Readable.from([Buffer.from(JSON.stringify(body))]),
    },
  } as Answer;
}
