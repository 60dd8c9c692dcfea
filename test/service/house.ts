/**
 * A whole service in memory, called as a host calls its handlers. Every answer is checked against the
 * contract, and every log line is searched for secrets.
 */
import { pino } from 'pino';
import { type OperationId, ROUTES, type Route } from '../../api/routes.ts';
import { Authenticator } from '../../core/access/authenticator.ts';
import { issueToken, type NewToken } from '../../core/access/tokens.ts';
import { Cursors } from '../../core/cursors.ts';
import type { PackageRef } from '../../core/names.ts';
import { parsePackageId, parseVersionId } from '../../core/names.ts';
import { PendingBytes } from '../../core/publishing/pending-bytes.ts';
import { verifyUpload } from '../../core/publishing/verify-upload.ts';
import { catalogAnswers, Readiness, storeAnswers } from '../../core/reading/readiness.ts';
import type { PackageRecord } from '../../core/records.ts';
import { filesInStores } from '../../core/updates/files-in-stores.ts';
import { createHandlers } from '../../local/handlers.ts';
import type { Handler, HandlerResult } from '../../service/host/handler.ts';
import type { Services } from '../../service/host/services.ts';
import { MemoryCatalog } from '../../storage/memory/memory-catalog.ts';
import { sendToMemory } from '../../storage/memory/memory-sender.ts';
import { MemoryStore } from '../../storage/memory/memory-store.ts';
import { UrlSigner } from '../../storage/url-signer.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { requireContract } from './contract-of-answers.ts';
import { type CallOptions, eventOf } from './events.ts';

export const PUBLIC_URL = 'https://files.example.com';
export const LIMITS = {
  linkTtlSeconds: 300,
  uploadTtlSeconds: 900,
  uploadRetentionSeconds: 604_800,
  maxPackageBytes: 1_000_000_000,
  maxPendingBytes: 20_000_000_000,
  maxPendingBytesPerToken: 10_000_000_000,
};

/** An answer with its body parsed, as far as it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape; the contract holds the shape
  readonly json: any;
  readonly raw: HandlerResult;
}

export type LogLine = Readonly<Record<string, unknown>>;

export class House {
  now = new Date('2026-11-22T12:00:00.000Z');
  readonly lines: string[] = [];
  /** The runs of checks that were left to the background. */
  readonly checksAsked: string[] = [];
  readonly catalog = new MemoryCatalog({ now: () => this.now.getTime() });
  readonly store: MemoryStore;
  readonly signer: UrlSigner;
  readonly services: Services;
  readonly handlers: Readonly<Record<OperationId, Handler>>;
  #ids = 0;

  constructor(overrides: Partial<Services> = {}) {
    const clock = () => this.now;
    const newId = () => `01930000-0000-7000-8000-${String(++this.#ids).padStart(12, '0')}`;
    this.signer = new UrlSigner({
      secret: new Uint8Array(32).fill(7),
      publicUrl: PUBLIC_URL,
      clock,
    });
    this.store = new MemoryStore({ signer: this.signer, clock, newId });
    this.services = {
      catalog: this.catalog,
      store: this.store,
      clock,
      newId,
      limits: LIMITS,
      pending: new PendingBytes(),
      verification: { enqueue: async () => {} },
      checkQueue: { enqueueCheck: async (checkId) => void this.checksAsked.push(checkId) },
      authenticator: new Authenticator(this.catalog, clock),
      idTokens: {
        verify: async () => {
          throw new Error('this house trusts no issuer');
        },
      },
      cursors: new Cursors(new Uint8Array(32).fill(8)),
      smallFiles: filesInStores({ store: this.store }),
      readiness: new Readiness([catalogAnswers(this.catalog), storeAnswers(this.store)], clock),
      publicUrl: PUBLIC_URL,
      publicDownloads: false,
      presignedUrls: true,
      log: pino({ base: null }, { write: (line: string) => void this.lines.push(line) }),
      ...overrides,
    };
    this.handlers = createHandlers(this.services);
  }

  /** A token of the catalog. */
  async token(
    scopes: NewToken['scopes'],
    rest: Omit<Partial<NewToken>, 'scopes'> = {},
  ): Promise<string> {
    const { record, token } = issueToken({ name: 'test', scopes, ...rest }, 'root', this.now);
    await this.catalog.createToken(record);
    return token;
  }

  async call(operation: OperationId, options: CallOptions = {}): Promise<Answer> {
    const route: Route = ROUTES[operation];
    const method = options.method ?? route.methods[0] ?? 'GET';
    const answer = await this.invoke(this.handlers[operation], {
      ...options,
      method,
      route: route.path,
    });
    requireContract(operation, method, answer);
    return answer;
  }

  /** Calls any handler. */
  async invoke(handler: Handler, options: CallOptions): Promise<Answer> {
    const seen = this.lines.length;
    const result = await handler(eventOf(options), { awsRequestId: 'lambda' });
    requireNoSecrets(this.lines.slice(seen), options.token);
    const text = result.body ?? '';
    const headers = (result.headers ?? {}) as Record<string, string>;
    const isJson = /json/.test(headers['content-type'] ?? '') && text !== '';
    return {
      status: result.statusCode ?? 0,
      headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
      raw: result,
    };
  }

  log(): readonly LogLine[] {
    return this.lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** Sends a signed request of an answer as any client would. */
  async send(
    request: { method: string; url: string; headers: Record<string, string> },
    body: Buffer,
  ): Promise<number> {
    const headers = { ...request.headers, 'content-length': String(body.length) };
    return (await sendToMemory(this.store, this.signer, { ...request, headers, body })).status;
  }

  async verify(ref: PackageRef): Promise<void> {
    await verifyUpload(this.services, ref);
  }

  /**
   * Announces a file, sends its bytes and completes it.
   * @param wanted what is announced, beside size and SHA-256
   * @returns the answer to the completion, or to the announcement if that is refused
   */
  async push(
    token: string,
    versionId: string,
    wanted: object,
    content: string | Buffer,
  ): Promise<Answer> {
    const bytes = Buffer.from(content as string);
    const body = { size: bytes.length, sha256: sha256Of(bytes), ...wanted };
    const created = await this.call('createPackage', { token, path: { versionId }, body });
    if (created.status === 200) throw new Error(`${JSON.stringify(wanted)} was announced before`);
    if (created.status !== 201) return created;
    await this.send(created.json.upload.request, bytes);
    const { packageId } = created.json.package;
    return this.call('completeUpload', { token, path: { versionId, packageId }, body: {} });
  }

  /** Publishes `content` through the handlers. */
  async publish(
    versionId: string,
    file: string,
    content = `bytes of ${file}`,
  ): Promise<PackageRecord> {
    const [packageId = '', ...ext] = file.split('.');
    const token = await this.token(['publish']);
    await this.push(token, versionId, { packageId, ext: ext.join('.') }, content);
    const ref = { versionId: parseVersionId(versionId), packageId: parsePackageId(packageId) };
    const record = await this.catalog.getPackage(ref);
    if (record?.state !== 'available') throw new Error(`${file} is ${record?.state}`);
    return record;
  }
}

/** A house, and a token for each kind of caller. */
export interface HouseWithTokens {
  readonly house: House;
  readonly admin: string;
  readonly publisher: string;
  readonly reader: string;
}

export async function openHouse(overrides: Partial<Services> = {}): Promise<HouseWithTokens> {
  const house = new House(overrides);
  const admin = await house.token(['admin']);
  const publisher = await house.token(['publish']);
  const reader = await house.token(['read']);
  return { house, admin, publisher, reader };
}

/** Signatures, authorization headers and the secrets of tokens belong in no log. */
function requireNoSecrets(lines: readonly string[], token: string | undefined): void {
  const secret = token?.split('_').slice(2).join('_') ?? '';
  for (const line of lines) {
    if (
      /signature=|bearer|authorization/i.test(line) ||
      /stw_[a-z0-9]+_[A-Za-z0-9_-]{8}/.test(line)
    )
      throw leak(line);
    if (secret.length >= 8 && line.includes(secret)) throw leak(line);
  }
}

function leak(line: string): Error {
  return new Error(`a secret is in the log: ${line}`);
}
