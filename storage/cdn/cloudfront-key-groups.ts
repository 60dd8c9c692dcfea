/** Manages key groups at CloudFront, which say whose signatures a distribution trusts. */
import {
  type CloudFrontClient,
  CreateKeyGroupCommand,
  DeleteKeyGroupCommand,
  GetKeyGroupCommand,
  ListKeyGroupsCommand,
  UpdateKeyGroupCommand,
} from '@aws-sdk/client-cloudfront';
import type { KeyGroups } from '../../core/cdn-keys/first-keys.ts';
import type { KeyGroup, ReadKeyGroup } from '../../core/cdn-keys/ports.ts';
import { ServiceError } from '../../core/errors.ts';
import { isAwsError, translating } from '../aws/errors.ts';

const COMMENT = 'Made by Stowage; its keys are those of the keyring';

export class CloudFrontKeyGroups implements KeyGroups {
  readonly #client: CloudFrontClient;

  constructor(client: CloudFrontClient) {
    this.#client = client;
  }

  /** One group, as rotation uses it. */
  group(groupId: string): KeyGroup {
    return {
      read: () => this.#read(groupId),
      write: (keyIds, over) => this.#write(groupId, keyIds, over),
    };
  }

  async ensure(name: string, keyIds: readonly string[]): Promise<string> {
    const made = await this.#make(name, keyIds);
    if (made !== undefined) return made;
    const groupId = await this.find(name);
    if (groupId === undefined)
      throw new ServiceError(
        'UNAVAILABLE',
        `key group ${name} exists, but is not listed; try again`,
      );
    const there = await this.#read(groupId);
    const missing = keyIds.filter((keyId) => !there.keyIds.includes(keyId));
    if (missing.length === 0 || (await this.#write(groupId, [...there.keyIds, ...missing], there)))
      return groupId;
    throw new ServiceError(
      'CONFLICT',
      `key group ${name} was changed by somebody else at the same time; try again`,
    );
  }

  async keysOf(groupId: string): Promise<readonly string[] | undefined> {
    return unlessGone(async () => (await this.#read(groupId)).keyIds);
  }

  async remove(groupId: string): Promise<void> {
    await translating(`key group ${groupId}`, () =>
      unlessGone(async () => {
        const { ETag } = await this.#client.send(new GetKeyGroupCommand({ Id: groupId }));
        await this.#client.send(new DeleteKeyGroupCommand({ Id: groupId, IfMatch: ETag }));
      }),
    );
  }

  /** @returns undefined if a group of that name exists */
  async #make(name: string, keyIds: readonly string[]): Promise<string | undefined> {
    return translating(`key group ${name}`, async () => {
      try {
        const KeyGroupConfig = { Name: name, Items: [...keyIds], Comment: COMMENT };
        const { KeyGroup } = await this.#client.send(new CreateKeyGroupCommand({ KeyGroupConfig }));
        return KeyGroup?.Id;
      } catch (error) {
        if (isAwsError(error, 'KeyGroupAlreadyExists')) return undefined;
        throw error;
      }
    });
  }

  async find(name: string): Promise<string | undefined> {
    let Marker: string | undefined;
    do {
      const command: ListKeyGroupsCommand = new ListKeyGroupsCommand(
        Marker === undefined ? {} : { Marker },
      );
      const { KeyGroupList: page } = await translating('key groups', () =>
        this.#client.send(command),
      );
      const found = page?.Items?.find(({ KeyGroup }) => KeyGroup?.KeyGroupConfig?.Name === name);
      if (found !== undefined) return found.KeyGroup?.Id;
      Marker = page?.NextMarker;
    } while (Marker !== undefined && Marker !== '');
    return undefined;
  }

  async #read(groupId: string): Promise<ReadKeyGroup> {
    const command = new GetKeyGroupCommand({ Id: groupId });
    const { KeyGroup, ETag: etag = '' } = await translating(`key group ${groupId}`, () =>
      this.#client.send(command),
    );
    const { Name: name = '', Items: keyIds = [] } = KeyGroup?.KeyGroupConfig ?? {};
    return { name, keyIds, etag };
  }

  async #write(groupId: string, keyIds: readonly string[], over: ReadKeyGroup): Promise<boolean> {
    const KeyGroupConfig = { Name: over.name, Items: [...keyIds], Comment: COMMENT };
    return translating(`key group ${groupId}`, async () => {
      try {
        await this.#client.send(
          new UpdateKeyGroupCommand({ Id: groupId, IfMatch: over.etag, KeyGroupConfig }),
        );
        return true;
      } catch (error) {
        if (isAwsError(error, 'PreconditionFailed', 'InvalidIfMatchVersion')) return false;
        throw error;
      }
    });
  }
}

async function unlessGone<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    const said = error instanceof ServiceError ? error.cause : error;
    if (isAwsError(said, 'NoSuchResource')) return undefined;
    throw error;
  }
}
