/**
 * Keeps the keyring in a secret of Secrets Manager. A write replaces only the version that was
 * read.
 */
import { createHash } from 'node:crypto';
import {
  EMPTY_KEYRING,
  formatKeyring,
  type Keyring,
  parseKeyring,
} from '../../core/cdn-keys/keyring.ts';
import type { KeyringStore, ReadKeyring } from '../../core/cdn-keys/ports.ts';
import { isServiceError, ServiceError } from '../../core/errors.ts';
import type { AwsClientOptions } from '../aws/aws-client.ts';
import { isAwsError, translating } from '../aws/errors.ts';
import { JsonClient } from '../aws/json-client.ts';
import { SECRETS_MANAGER } from '../aws/json-services.ts';
import type { SecretValue } from '../aws/secrets.ts';

export interface SecretKeyringOptions extends AwsClientOptions {
  /** ARN or name. */
  readonly secretId: string;
  /**
   * A secret without a keyring counts as an empty keyring, because it is about to be made.
   * @default false
   */
  readonly isNew?: boolean;
}

export class SecretKeyring implements KeyringStore {
  readonly #client: JsonClient;
  readonly #secretId: string;
  readonly #isNew: boolean;

  constructor({ secretId, isNew = false, ...aws }: SecretKeyringOptions) {
    this.#client = new JsonClient(SECRETS_MANAGER, aws);
    this.#secretId = secretId;
    this.#isNew = isNew;
  }

  async read(): Promise<ReadKeyring> {
    const { SecretString: text = '', VersionId: version = '' } = await this.#get();
    return { keyring: this.#parse(text), version };
  }

  /**
   * Secrets Manager has no conditional write, but takes a version id only once. The new id is
   * derived from the version that was read, so the first writer over that version wins, and others
   * are refused. Writing the same text again succeeds.
   * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
   */
  async write(keyring: Keyring, over: ReadKeyring): Promise<ReadKeyring | undefined> {
    const version = successorOf(over.version);
    const SecretString = formatKeyring(keyring);
    const wanted = { SecretId: this.#secretId, SecretString, ClientRequestToken: version };
    try {
      await this.#client.send('PutSecretValue', wanted);
      return { keyring, version };
    } catch (error) {
      if (isAwsError(error, 'ResourceExistsException')) return undefined;
      return translating(this.#what, () => Promise.reject(error));
    }
  }

  async #get(): Promise<SecretValue> {
    try {
      const wanted = { SecretId: this.#secretId };
      return (await this.#client.send('GetSecretValue', wanted)) as SecretValue;
    } catch (error) {
      // A secret that was made without a value has no version.
      if (this.#isNew && isAwsError(error, 'ResourceNotFoundException')) return {};
      return translating(this.#what, () => Promise.reject(error));
    }
  }

  #parse(text: string): Keyring {
    try {
      return parseKeyring(text);
    } catch (error) {
      if (!isServiceError(error, 'INVALID_INPUT')) throw error;
      if (this.#isNew) return EMPTY_KEYRING;
      throw new ServiceError('UNAVAILABLE', `${this.#what} holds no keyring: ${error.message}`);
    }
  }

  get #what(): string {
    return `secret ${this.#secretId}`;
  }
}

/** The next version id, in the form of a UUID, as Secrets Manager recommends. */
function successorOf(version: string): string {
  const hex = createHash('sha256').update(`stowage keyring after ${version}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}
