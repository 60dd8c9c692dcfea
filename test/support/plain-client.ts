/** A client written from the HTTP contract alone, as a stranger would write it, without our client. */
import { type Agent, request as requestInPlainText } from 'node:http';
import { request as requestByTls } from 'node:https';
import { sha256Of } from '../fixtures/sha256-of.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly agent?: Agent;
}

/** One request; the whole answer. */
export type Send = (url: string, options?: SendOptions) => Promise<Answer>;

/** One request over node:http or node:https, which add nothing; the whole answer. */
export function send(url: string, options: SendOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body } = options;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const headers = { ...length, ...options.headers };
    const agent = options.agent === undefined ? {} : { agent: options.agent };
    const request = url.startsWith('https:') ? requestByTls : requestInPlainText;
    const sent = request(url, { method: options.method ?? 'GET', headers, ...agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Created {
  readonly package: { readonly state: string };
  readonly upload?:
    | { readonly method: 'single'; readonly request: SignedRequest }
    | {
        readonly method: 'multipart';
        readonly partSize: number;
        readonly parts: readonly { readonly partNumber: number; readonly request: SignedRequest }[];
      };
}

export class PlainClient {
  readonly #url: string;
  readonly #token: string;
  readonly #sendTo: Send;
  /** Called before each request that goes out: tests count them. */
  onRequest: () => void = () => {};

  /** @param sendTo how requests are sent. @default `send` */
  constructor(url: string, token: string, sendTo: Send = send) {
    this.#url = url;
    this.#token = token;
    this.#sendTo = sendTo;
  }

  /** A request with the token; JSON in. */
  call(method: string, path: string, body?: unknown): Promise<Answer> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { authorization: `Bearer ${this.#token}`, ...type };
    return this.#send(this.#url + path, { method, headers, ...json });
  }

  /** A request with the token that must succeed; JSON out. */
  async json<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body.toString()) as Body;
  }

  /** Publishes, or goes on with what was begun; resolves once the package is available. */
  async push(
    versionId: string,
    packageId: string,
    bytes: Buffer,
    method: 'single' | 'multipart',
  ): Promise<void> {
    const base = `/v1/versions/${versionId}/packages`;
    const terms = { packageId, ext: 'bin', size: bytes.length, sha256: sha256Of(bytes), method };
    const { upload } = await this.json<Created>('POST', base, terms);
    if (upload?.method === 'single') await this.#put(upload.request, bytes);
    if (upload?.method === 'multipart') {
      const path = `${base}/${packageId}/upload`;
      const { parts: there } = await this.json<{ parts: readonly { partNumber: number }[] }>(
        'GET',
        path,
      );
      const missing = upload.parts.filter(
        (part) => !there.some((one) => one.partNumber === part.partNumber),
      );
      for (const { partNumber, request: signed } of missing) {
        const start = (partNumber - 1) * upload.partSize;
        await this.#put(signed, bytes.subarray(start, start + upload.partSize));
      }
    }
    await this.complete(versionId, packageId);
  }

  /** Completes and asks again while the service is verifying. */
  async complete(versionId: string, packageId: string): Promise<void> {
    for (;;) {
      const answer = await this.call(
        'POST',
        `/v1/versions/${versionId}/packages/${packageId}/complete`,
      );
      if (answer.status === 200) return;
      if (answer.status !== 202)
        throw new Error(`complete answered ${answer.status}: ${answer.body}`);
    }
  }

  /** Follows the stable link by hand, so that the token stays here. */
  async pull(versionId: string, file: string): Promise<Buffer> {
    const redirect = await this.call('GET', `/packages/${versionId}/${file}`);
    if (redirect.status !== 302)
      throw new Error(`the stable link answered ${redirect.status}: ${redirect.body}`);
    const answer = await this.#send(String(redirect.headers['location']), {});
    if (answer.status !== 200)
      throw new Error(`the link answered ${answer.status}: ${answer.body}`);
    return answer.body;
  }

  /** 412 says that the bytes are there already: completing will look at them. */
  async #put(signed: SignedRequest, bytes: Uint8Array): Promise<void> {
    const answer = await this.#send(signed.url, {
      method: signed.method,
      headers: signed.headers,
      body: bytes,
    });
    if (answer.status !== 200 && answer.status !== 412) {
      throw new Error(`${signed.method} answered ${answer.status}: ${answer.body}`);
    }
  }

  #send(url: string, options: SendOptions): Promise<Answer> {
    this.onRequest();
    return this.#sendTo(url, options);
  }
}
