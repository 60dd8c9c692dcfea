/** Registers and removes public keys at CloudFront, by their names. */
import type { PublicKeyRef, PublicKeys } from '../../core/cdn-keys/ports.ts';
import { ServiceError } from '../../core/errors.ts';
import { isAwsError, translating } from '../aws/errors.ts';
import { element, encode, textIn } from '../xml/elements.ts';
import type { CloudFront } from './cloudfront.ts';

const COMMENT = 'Made by Stowage; its private half is in the keyring';

interface ListedKey {
  readonly id: string | undefined;
  readonly pem: string | undefined;
}

export class CloudFrontPublicKeys implements PublicKeys {
  readonly #cloudFront: CloudFront;

  constructor(cloudFront: CloudFront) {
    this.#cloudFront = cloudFront;
  }

  async register(name: string, publicKeyPem: string): Promise<string> {
    return translating(`public key ${name}`, async () => {
      try {
        const config = configXml(name, publicKeyPem);
        const { xml } = await this.#cloudFront.create('public-key', 'PublicKeyConfig', config);
        return idOf(name, textIn(xml, 'Id'));
      } catch (error) {
        if (!isAwsError(error, 'PublicKeyAlreadyExists')) throw error;
        const there = await this.#find(name);
        if (there?.pem?.trim() === publicKeyPem.trim()) return idOf(name, there.id);
        throw new ServiceError(
          'CONFLICT',
          `public key ${name} already exists, and is a different key`,
          { cause: error },
        );
      }
    });
  }

  async remove({ name, keyId }: PublicKeyRef): Promise<void> {
    await translating(`public key ${name}`, async () => {
      const id = keyId ?? (await this.#find(name))?.id;
      if (id === undefined) return;
      try {
        const { etag } = await this.#cloudFront.read(`public-key/${id}`);
        await this.#cloudFront.remove(`public-key/${id}`, etag);
      } catch (error) {
        if (!isAwsError(error, 'NoSuchPublicKey')) throw error;
      }
    });
  }

  async #find(name: string): Promise<ListedKey | undefined> {
    for await (const xml of this.#cloudFront.list('public-key', 'PublicKeySummary'))
      if (textIn(xml, 'Name') === name)
        return { id: textIn(xml, 'Id'), pem: textIn(xml, 'EncodedKey') };
    return undefined;
  }
}

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreatePublicKey.html */
function configXml(name: string, publicKeyPem: string): string {
  return [
    element('CallerReference', encode(name)),
    element('Name', encode(name)),
    element('EncodedKey', encode(publicKeyPem)),
    element('Comment', encode(COMMENT)),
  ].join('');
}

function idOf(name: string, id: string | undefined): string {
  if (id !== undefined) return id;
  throw new ServiceError(
    'UNAVAILABLE',
    `public key ${name}: CloudFront answered without an id; try again`,
  );
}
