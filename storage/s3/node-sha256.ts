/** SHA-256 and its HMAC over node:crypto in the shape that the SDK's signers take; knows nothing of what is hashed. */
import { createHash, createHmac, createSecretKey, type Hash, type Hmac, type KeyObject } from 'node:crypto';

/** As @smithy/types has it: with the ArrayBufferView of TypeScript's `lib`, which that of Node is not. */
type Source = string | ArrayBuffer | ArrayBufferView;

/** An HMAC with a KeyObject is ten times faster than with a Buffer (Node 24): keys that come again are kept as such. */
const ofBytes = new WeakMap<object, KeyObject>();
const ofText = new Map<string, KeyObject>();
/** Secrets of a few credentials and the keys derived from them on the way; all are dropped when there are more. */
const MAX_TEXTS = 64;

export class NodeSha256 {
  readonly #secret: Source | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: Source) {
    this.#secret = secret;
    this.#hash = start(secret);
  }

  update(data: Source): void {
    this.#hash.update(typeof data === 'string' ? data : toBytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = start(this.#secret);
  }
}

function start(secret: Source | undefined): Hash | Hmac {
  return secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(secret));
}

function keyOf(secret: Source): KeyObject {
  const known = typeof secret === 'string' ? ofText.get(secret) : ofBytes.get(secret);
  if (known !== undefined) return known;
  if (typeof secret !== 'string') {
    const key = createSecretKey(toBytes(secret));
    ofBytes.set(secret, key);
    return key;
  }
  const key = createSecretKey(secret, 'utf8');
  if (ofText.size >= MAX_TEXTS) ofText.clear();
  ofText.set(secret, key);
  return key;
}

function toBytes(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (data instanceof Uint8Array) return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
