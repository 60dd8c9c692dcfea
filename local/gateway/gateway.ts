/**
 * Serves the signed URLs of a DiskStore over HTTP (`/blobs/...`), with the answers of S3. It knows
 * neither catalog nor tokens; its options give it what it needs.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../../core/errors.ts';
import type { PackageKey } from '../../core/names.ts';
import type { DiskStore } from '../../storage/disk/disk-store.ts';
import { readUse, requireSignedHeaders, type SignedUse } from '../../storage/signed-requests.ts';
import { BLOBS_PATH, type UrlSigner } from '../../storage/url-signer.ts';
import { clientAddress } from '../http/client-address.ts';
import { awaitsContinue, type Refusal, refusalOf, refuse } from '../messages/gateway-refusal.ts';
import { GatewayBody } from './gateway-body.ts';
import { ALLOWED_METHODS, answerPreflight, setCorsHeaders } from './gateway-cors.ts';
import { type PublishedEtag, sendDownload } from './gateway-download.ts';

/** One line of the access log, without the query, which holds the signature. */
export interface GatewayAccess {
  readonly requestId: string;
  /** Of the client, behind the trusted proxies. */
  readonly address: string;
  readonly method: string;
  /** @default the URL is not a valid signed URL */
  readonly key?: PackageKey;
  /** 499 if the client left before the answer was complete. */
  readonly status: number;
  /** The size of the body that was received (PUT) or sent (GET). */
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
  /** How long to wait for the next byte of a body. @default 60 */
  readonly idleTimeoutSeconds?: number;
  /**
   * Whether the attempt is still open. It is asked before the body is read, and again before the
   * file gets its name. Parts are accepted as long as the store has their upload.
   * @default always
   */
  readonly isUnderWay?: (key: PackageKey, attemptId: string) => Promise<boolean>;
  /** Called once per download. @default the ETag in the URL counts */
  readonly publishedEtag?: PublishedEtag;
  /** How many proxies in front of the server are trusted. @default 0 */
  readonly trustedProxies?: number;
  readonly onAccess?: (access: GatewayAccess) => void;
}

/**
 * Answers one request under `/blobs/`, and settles when it is answered, without rejecting. The
 * server must pass on both `request` and `checkContinue` events, so that a client that waits for
 * 100 is refused before it sends a byte. It must set `requestTimeout` to 0: the gateway has an idle
 * limit.
 */
export type Gateway = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const CLIENT_LEFT = 499;
const DEFAULT_IDLE_SECONDS = 60;

export function createGateway(options: GatewayOptions): Gateway {
  return (request, response) => new GatewayExchange(options, request, response).run();
}

/** One request and its answer. */
class GatewayExchange {
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
    // Refuses an unknown upload before its bytes are read.
    await this.#options.store.listParts(upload);
    await this.#options.store.receivePart(upload, part, this.#takeBody());
    return `"${upload.uploadId}-${part.partNumber}"`;
  }

  /** Lets the client send its body, after all checks of the request passed. */
  #takeBody(): GatewayBody {
    if (awaitsContinue(this.#request)) this.#response.writeContinue();
    this.#body = new GatewayBody(
      this.#request,
      this.#options.idleTimeoutSeconds ?? DEFAULT_IDLE_SECONDS,
    );
    return this.#body;
  }

  #reportWhenClosed(): void {
    const { onAccess, trustedProxies = 0 } = this.#options;
    if (onAccess === undefined) return;
    // A closed connection has no address.
    const address = clientAddress(this.#request, trustedProxies);
    const startedAt = performance.now();
    this.#response.once('close', () => {
      const whole = this.#response.writableFinished;
      onAccess({
        requestId: this.#requestId,
        address,
        method: this.#request.method ?? '',
        ...(this.#key === undefined ? {} : { key: this.#key }),
        status: whole ? this.#response.statusCode : CLIENT_LEFT,
        bytes: this.#body?.received ?? this.#sentBytes(whole),
        ms: performance.now() - startedAt,
        ...(this.#refusal === undefined ? {} : { error: this.#refusal.error }),
      });
    });
  }

  /** How much of an answer reached a client that left is unknown, so it counts as 0. */
  #sentBytes(whole: boolean): number {
    return whole && this.#request.method === 'GET'
      ? Number(this.#response.getHeader('content-length') ?? 0)
      : 0;
  }
}
