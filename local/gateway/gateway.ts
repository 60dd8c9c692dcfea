/** Honours the signed URLs of a DiskStore over HTTP: `/blobs/...`, answered like S3 does. Knows no catalog and no tokens: it asks its options. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { DiskStore } from '../../storage/disk/disk-store.ts';
import { readUse, requireSignedHeaders, type SignedUse } from '../../storage/signed-requests.ts';
import { BLOBS_PATH, type UrlSigner } from '../../storage/url-signer.ts';
import { awaitsContinue, type Refusal, refusalOf, refuse } from '../messages/gateway-refusal.ts';
import { GatewayBody } from './gateway-body.ts';
import { ALLOWED_METHODS, answerPreflight, setCorsHeaders } from './gateway-cors.ts';
import { type PublishedEtag, sendDownload } from './gateway-download.ts';

/** One line of the access log: never a query string, since that holds the signature. */
export interface GatewayAccess {
  readonly requestId: string;
  readonly method: string;
  /** Absent where the URL was not one of ours. */
  readonly key?: PackageKey;
  /** 499 where the client left before the answer was whole. */
  readonly status: number;
  /** Of the body that was taken (PUT) or sent (GET). */
  readonly bytes: number;
  readonly ms: number;
  /** Why it was refused. */
  readonly error?: ServiceError;
}

export interface GatewayOptions {
  readonly store: DiskStore;
  readonly signer: UrlSigner;
  /** Origins whose pages may use signed URLs, or `*`. @default none */
  readonly corsOrigins?: readonly string[];
  /** A body of which no byte comes for so long is given up. @default 60 */
  readonly idleTimeoutSeconds?: number;
  /**
   * Whether somebody still waits for the bytes of this attempt: asked before a body is taken, and again before it gets its name.
   * The parts of an upload need no asking: they are taken as long as the store has the upload. @default always
   */
  readonly isUnderWay?: (key: PackageKey, attemptId: string) => Promise<boolean>;
  /** Asked once for each download. @default what the URL names */
  readonly publishedEtag?: PublishedEtag;
  readonly onAccess?: (access: GatewayAccess) => void;
}

/**
 * Answers one request under `/blobs/`; settles when the answer is given, and never rejects. The server passes it both `request` and
 * `checkContinue` events (a client that waits for 100 is refused before it sends a byte), and sets `requestTimeout` to 0: the gateway
 * has an idle limit of its own.
 */
export type Gateway = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const CLIENT_LEFT = 499;
const DEFAULT_IDLE_SECONDS = 60;

export function createGateway(options: GatewayOptions): Gateway {
  return (request, response) => new Exchange(options, request, response).run();
}

/** One request and its answer. */
class Exchange {
  readonly #options: GatewayOptions;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #requestId = randomUUID();
  #key: PackageKey | undefined;
  #body: GatewayBody | undefined;
  #refusal: Refusal | undefined;

  constructor(options: GatewayOptions, request: IncomingMessage, response: ServerResponse) {
    this.#options = options;
    this.#request = request;
    this.#response = response;
  }

  async run(): Promise<void> {
    this.#reportWhenClosed();
    try {
      this.#refusal = await this.#answer();
    } catch (error) {
      this.#refusal = refusalOf(error);
    } finally {
      this.#body?.release();
    }
    if (this.#refusal === undefined) return;
    await refuse(
      this.#request,
      this.#response,
      this.#refusal,
      this.#requestId,
      this.#body !== undefined,
    );
  }

  async #answer(): Promise<Refusal | undefined> {
    const { signer, corsOrigins = [] } = this.#options;
    const { method = '', url = '', headers } = this.#request;
    this.#response.setHeader('x-request-id', this.#requestId);
    const corsAllowed = setCorsHeaders(this.#request, this.#response, corsOrigins);
    if (!url.startsWith(BLOBS_PATH)) throw new ServiceError('NOT_FOUND', 'no such path');
    if (method === 'OPTIONS')
      return void answerPreflight(this.#request, this.#response, corsAllowed);
    if (method !== 'GET' && method !== 'HEAD' && method !== 'PUT') {
      this.#response.setHeader('allow', ALLOWED_METHODS);
      throw new ServiceError(
        'METHOD_NOT_ALLOWED',
        `method must be one of ${ALLOWED_METHODS}, got ${method}`,
      );
    }
    const verified = signer.verify(method, url);
    this.#key = verified.key;
    const use = readUse(method, verified);
    if (use.kind === 'download')
      return sendDownload(this.#request, this.#response, this.#options, use.key, use.terms);
    if (headers['content-length'] === undefined) {
      return {
        error: new ServiceError('INVALID_INPUT', 'header content-length is missing'),
        status: 411,
      };
    }
    requireSignedHeaders(use, headers);
    const etag = use.kind === 'upload' ? await this.#upload(use) : await this.#part(use);
    this.#response.writeHead(200, { etag, 'content-length': 0 }).end();
    return undefined;
  }

  async #upload({ key, terms }: SignedUse & { readonly kind: 'upload' }): Promise<string> {
    const requireUnderWay = () => this.#requireUnderWay(key, terms.attemptId);
    await this.#options.store.requireFree(key);
    await requireUnderWay();
    return (await this.#options.store.receive(key, this.#takeBody(), terms, requireUnderWay)).etag;
  }

  async #requireUnderWay(key: PackageKey, attemptId: string): Promise<void> {
    const { isUnderWay } = this.#options;
    if (isUnderWay === undefined || (await isUnderWay(key, attemptId))) return;
    throw new ServiceError('CONFLICT', `the upload of ${key} is over; create it again`);
  }

  async #part({ upload, part }: SignedUse & { readonly kind: 'part' }): Promise<string> {
    // Asking is what finds out about an unknown upload before its bytes are taken.
    await this.#options.store.listParts(upload);
    await this.#options.store.receivePart(upload, part, this.#takeBody());
    return `"${upload.uploadId}-${part.partNumber}"`;
  }

  /** From here on the client may send: nothing speaks against the request. */
  #takeBody(): GatewayBody {
    if (awaitsContinue(this.#request)) this.#response.writeContinue();
    this.#body = new GatewayBody(
      this.#request,
      this.#options.idleTimeoutSeconds ?? DEFAULT_IDLE_SECONDS,
    );
    return this.#body;
  }

  #reportWhenClosed(): void {
    const { onAccess } = this.#options;
    if (onAccess === undefined) return;
    const startedAt = performance.now();
    this.#response.once('close', () => {
      const whole = this.#response.writableFinished;
      onAccess({
        requestId: this.#requestId,
        method: this.#request.method ?? '',
        ...(this.#key === undefined ? {} : { key: this.#key }),
        status: whole ? this.#response.statusCode : CLIENT_LEFT,
        bytes: this.#body?.received ?? this.#sentBytes(whole),
        ms: performance.now() - startedAt,
        ...(this.#refusal === undefined ? {} : { error: this.#refusal.error }),
      });
    });
  }

  /** What was left of an answer when its client went is not known to Node; it counts as none. */
  #sentBytes(whole: boolean): number {
    return whole && this.#request.method === 'GET'
      ? Number(this.#response.getHeader('content-length') ?? 0)
      : 0;
  }
}
