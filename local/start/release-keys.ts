/**
 * The keys that sign statements, in a file that only its owner reads. The first key signs; of the
 * others the public half is kept, so that what they signed can still be verified.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';
import type { ReleaseKey, ReleaseSigner } from '../../core/ports/statements.ts';
import { unless } from '../../storage/file-system.ts';
import { writePrivateFile } from './private-file.ts';

interface KeptKey {
  readonly createdAt: string;
  /** PEM */
  readonly publicKey: string;
  /** PEM, of the first key alone. */
  readonly privateKey?: string;
}

/** Reads the file at every use, so that a rotation needs no restart. */
export class FileSigner implements ReleaseSigner {
  readonly #path: string;
  readonly #clock: Clock;

  /** @param path of the file, whose folder exists */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Makes the first key, if there is no file. */
  async makeFirst(): Promise<void> {
    if ((await this.#read()) === undefined) await this.#write([newKey(this.#clock())]);
  }

  /** From now on a new key signs. @returns the keys, the new one first */
  async rotate(): Promise<readonly ReleaseKey[]> {
    const before = (await this.#read()) ?? [];
    const earlier = before.map(({ privateKey: _, ...kept }) => kept);
    await this.#write([newKey(this.#clock()), ...earlier]);
    return this.keys();
  }

  async keys(): Promise<readonly ReleaseKey[]> {
    const kept = (await this.#read()) ?? [];
    return kept.map(({ publicKey, createdAt, privateKey }) => ({
      keyId: keyIdOf(createPublicKey(publicKey)),
      publicKey,
      createdAt,
      signs: privateKey !== undefined,
    }));
  }

  async sign(bytes: Uint8Array): Promise<{ readonly keyId: string; readonly signature: Buffer }> {
    const [first] = (await this.#read()) ?? [];
    if (first?.privateKey === undefined) throw this.#broken('its first key has no private half');
    const privateKey = createPrivateKey(first.privateKey);
    return {
      keyId: keyIdOf(createPublicKey(first.publicKey)),
      signature: sign('sha256', bytes, privateKey),
    };
  }

  async #read(): Promise<readonly KeptKey[] | undefined> {
    const text = await unless(readFile(this.#path, 'utf8'), 'ENOENT');
    if (text === undefined) return undefined;
    try {
      const { keys } = JSON.parse(text) as { readonly keys: readonly KeptKey[] };
      for (const { publicKey } of keys) createPublicKey(publicKey);
      return keys;
    } catch (cause) {
      throw this.#broken('it must hold the keys as JSON', cause);
    }
  }

  #write(keys: readonly KeptKey[]): Promise<void> {
    return writePrivateFile(this.#path, `${JSON.stringify({ keys }, undefined, 2)}\n`);
  }

  #broken(what: string, cause?: unknown): ServiceError {
    return new ServiceError(
      'INVALID_INPUT',
      `${this.#path} can't be used: ${what}; put the right file back`,
      { cause },
    );
  }
}

function newKey(now: Date): KeptKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    createdAt: now.toISOString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex');
}
