/** Sends signed requests as any client would, unchanged or changed, and reads the response. */
import { type OutgoingHttpHeaders, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { kept, notKept, type TrialResult } from '../../../core/doctor/report.ts';
import type { SignedRequest } from '../../../core/ports/blob-store.ts';
import { parseErrorXml } from '../../../storage/xml/error-xml.ts';

export interface TrialResponse {
  /** 0 if the connection ended without a response. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The status and the error code of the store: `403 SignatureDoesNotMatch`. */
  readonly said: string;
}

/** Differences from what was signed. */
export interface Changes {
  readonly method?: string;
  readonly url?: string;
  /** Undefined: the header is left out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Whether the request was refused. A failing store (5xx) does not show what it would have done. */
export function refusalOf({ status, said }: TrialResponse): TrialResult {
  const isRefused = status === 0 || (status >= 400 && status < 500);
  return isRefused ? kept(said) : notKept(`answered ${said}`);
}

const TIMEOUT_MS = 30_000;

/** Does not reject: a failed connection is a result, too. */
export function send(
  signed: Pick<SignedRequest, 'method' | 'url' | 'headers'>,
  body: Buffer | undefined,
  changes: Changes = {},
): Promise<TrialResponse> {
  const method = changes.method ?? signed.method;
  const url = changes.url ?? signed.url;
  const length = body === undefined ? {} : { 'content-length': String(body.length) };
  const merged = { ...signed.headers, ...length, ...changes.headers };
  const headers: OutgoingHttpHeaders = Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== undefined),
  );
  const request = url.startsWith('https:') ? tlsRequest : plainRequest;
  return new Promise((resolve) => {
    const outgoing = request(
      url,
      { method, headers, agent: false, timeout: TIMEOUT_MS },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', (error) => resolve(unanswered(error)));
        response.on('end', () =>
          resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks))),
        );
      },
    );
    outgoing.on('timeout', () =>
      outgoing.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} seconds`)),
    );
    // If a response came before the connection broke, it was returned already.
    outgoing.on('error', (error) => resolve(unanswered(error)));
    outgoing.end(body);
  });
}

function unanswered(error: Error): TrialResponse {
  return { status: 0, headers: {}, body: Buffer.alloc(0), said: `no answer (${error.message})` };
}

function answerOf(
  status: number,
  got: NodeJS.Dict<string | string[]>,
  body: Buffer,
): TrialResponse {
  const headers = Object.fromEntries(
    Object.entries(got).map(([name, value]) => [name, String(value)]),
  );
  const code = status < 400 ? undefined : parseErrorXml(body.subarray(0, 4096).toString()).code;
  return { status, headers, body, said: code === undefined ? String(status) : `${status} ${code}` };
}
