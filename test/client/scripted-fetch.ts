/** A fetch that answers from a script and remembers what it was asked. */

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Headers that break off, or an answer. */
export type Scripted = Response | Error | (() => Response);

export interface Script {
  readonly fetch: typeof globalThis.fetch;
  readonly asked: readonly Asked[];
}

/** Each request gets the next answer; one more than there are is an error. */
export function scripted(...answers: readonly Scripted[]): Script {
  const asked: Asked[] = [];
  const fetch = async (
    input: Parameters<typeof globalThis.fetch>[0],
    init: RequestInit = {},
  ): Promise<Response> => {
    init.signal?.throwIfAborted();
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : init.body;
    const answer = answers[asked.length];
    asked.push({
      method: init.method ?? 'GET',
      url: String(input),
      headers: new Headers(init.headers),
      body,
    });
    if (answer === undefined) throw new Error(`unexpected request: ${init.method} ${input}`);
    if (answer instanceof Error) throw answer;
    return typeof answer === 'function' ? answer() : answer;
  };
  return { fetch, asked };
}

export function problem(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = {
    type: 'about:blank',
    title: code,
    status,
    detail: `detail of ${code}`,
    instance: 'request-1',
    code,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

/** What undici throws where no answer comes. */
export function networkError(): TypeError {
  return new TypeError('fetch failed', {
    cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
  });
}
