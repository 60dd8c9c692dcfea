/** Registers and removes public keys at CloudFront, by their names. */
import {
  type CloudFrontClient,
  CreatePublicKeyCommand,
  DeletePublicKeyCommand,
  GetPublicKeyCommand,
  ListPublicKeysCommand,
  type PublicKeySummary,
} from '@aws-sdk/client-cloudfront';
import type { PublicKeyRef, PublicKeys } from '../../core/cdn-keys/ports.ts';
import { ServiceError } from '../../core/errors.ts';
import { isAwsError, translating } from '../aws/errors.ts';

const COMMENT = 'Made by Stowage; its private half is in the keyring';

export class CloudFrontPublicKeys implements PublicKeys {
  readonly #client: CloudFrontClient;

  constructor(client: CloudFrontClient) {
    this.#client = client;
  }

  async register(name: string, publicKeyPem: string): Promise<string> {
    const PublicKeyConfig = {
      CallerReference: name,
      Name: name,
      EncodedKey: publicKeyPem,
      Comment: COMMENT,
    };
    return translating(`public key ${name}`, async () => {
      try {
        const { PublicKey } = await this.#client.send(
          new CreatePublicKeyCommand({ PublicKeyConfig }),
        );
        return idOf(name, PublicKey?.Id);
      } catch (error) {
        if (!isAwsError(error, 'PublicKeyAlreadyExists')) throw error;
        const there = await this.#find(name);
        if (there?.EncodedKey?.trim() === publicKeyPem.trim()) return idOf(name, there.Id);
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
      const Id = keyId ?? (await this.#find(name))?.Id;
      if (Id === undefined) return;
      try {
        const { ETag } = await this.#client.send(new GetPublicKeyCommand({ Id }));
        await this.#client.send(new DeletePublicKeyCommand({ Id, IfMatch: ETag }));
      } catch (error) {
        if (!isAwsError(error, 'NoSuchPublicKey')) throw error;
      }
    });
  }

  async #find(name: string): Promise<PublicKeySummary | undefined> {
    let Marker: string | undefined;
    do {
      const command: ListPublicKeysCommand = new ListPublicKeysCommand(
        Marker === undefined ? {} : { Marker },
      );
      const { PublicKeyList: page } = await this.#client.send(command);
      const found = page?.Items?.find(({ Name }) => Name === name);
      if (found !== undefined) return found;
      Marker = page?.NextMarker;
    } while (Marker !== undefined && Marker !== '');
    return undefined;
  }
}

function idOf(name: string, id: string | undefined): string {
  if (id !== undefined) return id;
  throw new ServiceError(
    'UNAVAILABLE',
    `public key ${name}: CloudFront answered without an id; try again`,
  );
}
