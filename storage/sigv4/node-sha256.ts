/** SHA-256 and its HMAC by node:crypto, in the shape that the signers of the SDK expect. */
import {
  createHash,
  createHmac,
  createSecretKey,
  type Hash,
  type Hmac,
  hash,
  type KeyObject,
} from 'node:crypto';

const NOTHING = new Uint8Array();

/**
 * As in @smithy/types, with the ArrayBufferView of TypeScript's `lib`, which differs from Node's.
 */
type Source = string | ArrayBuffer | ArrayBufferView;

/** An HMAC with a KeyObject is ten times faster than with a Buffer (Node 24), so these are kept. */
const ofBytes = new WeakMap<object, KeyObject>();
const ofText = new Map<string, TextSecret>();
/** Enough for the secrets of a few credentials. If there are more, all are dropped. */
const MAX_TEXTS = 64;

/** Only credentials are text. A signer hashes the same date with them again and again. */
interface TextSecret {
  readonly key: KeyObject;
  last?: { readonly data: Uint8Array; readonly digest: Uint8Array };
}

/** Keeps the first piece until a second one comes: hashing a whole request at once is faster. */
export class NodeSha256 {
  readonly #secret: Source | undefined;
  #first: Uint8Array | undefined;
  #running: Hash | Hmac | undefined;

  constructor(secret?: Source) {
    this.#secret = secret;
  }

  update(data: Source): void {
    const bytes = toBytes(data);
    // Stryker disable next-line all: without it the same is hashed, in two pieces
    if (this.#running === undefined && this.#first === undefined) {
      this.#first = bytes;
      return;
    }
    this.#running ??= start(this.#secret).update(this.#first ?? NOTHING);
    this.#running.update(bytes);
  }

  async digest(): Promise<Uint8Array> {
    if (this.#running !== undefined) return this.#running.digest();
    const data = this.#first ?? NOTHING;
    // Stryker disable next-line ConditionalExpression: a faster way to the same hash
    if (this.#secret === undefined) return hash('sha256', data, 'buffer');
    // Stryker disable next-line all: what `byText` keeps is not kept for bytes
    return typeof this.#secret === 'string'
      ? byText(this.#secret, data)
      : start(this.#secret).update(data).digest();
  }

  reset(): void {
    this.#first = undefined;
    this.#running = undefined;
  }
}

function start(secret: Source | undefined): Hash | Hmac {
  if (secret === undefined) return createHash('sha256');
  return createHmac(
    'sha256',
    typeof secret === 'string' ? textSecret(secret).key : keyOfBytes(secret),
  );
}

function byText(text: string, data: Uint8Array): Uint8Array {
  const secret = textSecret(text);
  // Stryker disable next-line ConditionalExpression: what is kept changes the speed alone
  if (secret.last !== undefined && Buffer.compare(secret.last.data, data) === 0)
    return secret.last.digest;
  const digest = createHmac('sha256', secret.key).update(data).digest();
  secret.last = { data: Uint8Array.from(data), digest };
  return digest;
}

// Stryker disable all: what is kept changes the speed, not the result
function textSecret(text: string): TextSecret {
  const known = ofText.get(text);
  if (known !== undefined) return known;
  if (ofText.size >= MAX_TEXTS) ofText.clear();
  const secret: TextSecret = { key: createSecretKey(text, 'utf8') };
  ofText.set(text, secret);
  return secret;
}

function keyOfBytes(secret: ArrayBuffer | ArrayBufferView): KeyObject {
  const known = ofBytes.get(secret);
  if (known !== undefined) return known;
  const key = createSecretKey(toBytes(secret));
  ofBytes.set(secret, key);
  return key;
}

// Stryker restore all

function toBytes(data: Source): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  // Stryker disable next-line ConditionalExpression: a view of the same bytes is as good
  if (data instanceof Uint8Array) return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
