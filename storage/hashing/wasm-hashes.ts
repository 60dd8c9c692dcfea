/** SHA-256 in WebAssembly, whose state can be saved. The state of a node:crypto hash cannot. */
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
      // A state names the build that saved it. After an upgrade, hashing starts from the beginning.
      return undefined;
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
