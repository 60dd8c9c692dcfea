/** SHA-256 whose state can be saved, in WebAssembly: the hash of node:crypto can't. */

import { createSHA256, type IHasher } from 'hash-wasm';
import type { ResumableHash, ResumableHashes } from '../../core/publishing/hash-in-ranges.ts';

export const wasmHashes: ResumableHashes = {
  start: async () => new WasmHash((await createSHA256()).init()),
  resume: async (state) => {
    const hasher = await createSHA256();
    const bytes = Buffer.from(state, 'base64url');
    try {
      return new WasmHash(hasher.load(bytes));
    } catch {
      return undefined; // States begin with the mark of the build that saved them: after an upgrade, hashing starts anew.
    }
  },
};

class WasmHash implements ResumableHash {
  readonly #hasher: IHasher;

  constructor(hasher: IHasher) {
    this.#hasher = hasher;
  }

  update(bytes: Uint8Array): void {
    this.#hasher.update(bytes);
  }

  save(): string {
    return Buffer.from(this.#hasher.save()).toString('base64url');
  }

  digest(): string {
    return this.#hasher.digest('hex');
  }
}
