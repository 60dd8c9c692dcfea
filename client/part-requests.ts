/**
 * The signed requests of an upload's parts. They are requested in batches, before they are needed,
 * and renewed after they expired.
 */
import type { RequestBody, SignedPartBody } from '../api/schemas/answers.ts';
import type { StowageClient } from './stowage-client.ts';

export interface PartRequestsOptions {
  readonly client: StowageClient;
  readonly versionId: string;
  readonly packageId: string;
  /** The parts to send, in this order. */
  readonly partNumbers: readonly number[];
  /** What has been signed already. */
  readonly signed: readonly SignedPartBody[];
  /** The SHA-256 of a part, if the upload declares part checksums. */
  readonly hashPart: ((partNumber: number) => Promise<string> | string) | undefined;
  /** Parts that are signed at once. */
  readonly batch: number;
  readonly signal: AbortSignal;
}

interface Entry {
  readonly request: Promise<RequestBody>;
  readonly signedAtMs: number;
}

/** A request is used only if it stays valid for at least this long. */
const MARGIN_MS = 10_000;
/** A request that was just issued is used even if our clock calls it expired: clocks differ. */
const TRUSTED_MS = 30_000;

export class PartRequests {
  readonly #options: PartRequestsOptions;
  readonly #entries = new Map<number, Entry>();

  constructor(options: PartRequestsOptions) {
    this.#options = options;
    const signedAtMs = Date.now();
    for (const { partNumber, request } of options.signed) {
      this.#entries.set(partNumber, { request: Promise.resolve(request), signedAtMs });
    }
  }

  /** A request that may be sent now. */
  async get(partNumber: number): Promise<RequestBody> {
    const entry = this.#entries.get(partNumber);
    if (entry !== undefined) {
      const request = await entry.request;
      if (isFresh(request, entry.signedAtMs)) return request;
      if (this.#entries.get(partNumber) === entry) this.#entries.delete(partNumber);
    }
    return this.#entries.get(partNumber)?.request ?? this.#sign(partNumber);
  }

  /** The storage refused this request, so the part needs a new one. */
  drop(partNumber: number): void {
    this.#entries.delete(partNumber);
  }

  /** Has this part signed, together with the next parts that have no request yet. */
  #sign(partNumber: number): Promise<RequestBody> {
    const { partNumbers, batch } = this.#options;
    const next = partNumbers
      .slice(partNumbers.indexOf(partNumber) + 1)
      .filter((number) => !this.#entries.has(number));
    const numbers = [partNumber, ...next.slice(0, batch - 1)];
    const signedAtMs = Date.now();
    const answer = this.#ask(numbers);
    const request = (number: number) => {
      const entry = {
        request: answer.then((requests) => requiredOf(requests, number)),
        signedAtMs,
      };
      this.#entries.set(number, entry);
      // Callers that wait now get the error; the next caller starts a new request.
      entry.request.catch(() => this.#entries.delete(number));
      return entry.request;
    };
    for (const number of numbers.slice(1)) request(number);
    return request(partNumber);
  }

  async #ask(partNumbers: readonly number[]): Promise<ReadonlyMap<number, RequestBody>> {
    const { client, versionId, packageId, hashPart, signal } = this.#options;
    const sha256s: string[] = [];
    if (hashPart !== undefined)
      for (const number of partNumbers) sha256s.push(await hashPart(number));
    const body = { partNumbers: [...partNumbers], ...(hashPart === undefined ? {} : { sha256s }) };
    const parts = await client.signParts(versionId, packageId, body, { signal });
    return new Map(parts.map((part) => [part.partNumber, part.request]));
  }
}

function isFresh(request: RequestBody, signedAtMs: number): boolean {
  const now = Date.now();
  return now - signedAtMs < TRUSTED_MS || Date.parse(request.expiresAt) - now > MARGIN_MS;
}

function requiredOf(requests: ReadonlyMap<number, RequestBody>, partNumber: number): RequestBody {
  const request = requests.get(partNumber);
  if (request === undefined) throw new TypeError(`the service signed no part ${partNumber}`);
  return request;
}
