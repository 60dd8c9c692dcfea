/** Manages key groups at CloudFront, which say whose signatures a distribution trusts. */
import type { KeyGroups } from '../../core/cdn-keys/first-keys.ts';
import type { KeyGroup, ReadKeyGroup } from '../../core/cdn-keys/ports.ts';
import { ServiceError } from '../../core/errors.ts';
import { isAwsError, translating } from '../aws/errors.ts';
import { element, elementsIn, encode, textIn } from '../xml/elements.ts';
import type { CloudFront } from './cloudfront.ts';

const COMMENT = 'Made by Stowage; its keys are those of the keyring';

export class CloudFrontKeyGroups implements KeyGroups {
  readonly #cloudFront: CloudFront;

  constructor(cloudFront: CloudFront) {
    this.#cloudFront = cloudFront;
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
        const { etag } = await this.#cloudFront.read(pathOf(groupId));
        await this.#cloudFront.remove(pathOf(groupId), etag);
      }),
    );
  }

  /** @returns undefined if a group of that name exists */
  async #make(name: string, keyIds: readonly string[]): Promise<string | undefined> {
    return translating(`key group ${name}`, async () => {
      try {
        const config = configXml(name, keyIds);
        const { xml } = await this.#cloudFront.create('key-group', 'KeyGroupConfig', config);
        return textIn(xml, 'Id');
      } catch (error) {
        if (isAwsError(error, 'KeyGroupAlreadyExists')) return undefined;
        throw error;
      }
    });
  }

  find(name: string): Promise<string | undefined> {
    return translating('key groups', async () => {
      for await (const xml of this.#cloudFront.list('key-group', 'KeyGroupSummary'))
        if (textIn(xml, 'Name') === name) return textIn(xml, 'Id');
      return undefined;
    });
  }

  async #read(groupId: string): Promise<ReadKeyGroup> {
    const { xml, etag } = await translating(`key group ${groupId}`, () =>
      this.#cloudFront.read(pathOf(groupId)),
    );
    return { name: textIn(xml, 'Name') ?? '', keyIds: elementsIn(xml, 'PublicKey'), etag };
  }

  async #write(groupId: string, keyIds: readonly string[], over: ReadKeyGroup): Promise<boolean> {
    return translating(`key group ${groupId}`, async () => {
      try {
        const config = configXml(over.name, keyIds);
        await this.#cloudFront.change(pathOf(groupId), 'KeyGroupConfig', config, over.etag);
        return true;
      } catch (error) {
        if (isAwsError(error, 'PreconditionFailed', 'InvalidIfMatchVersion')) return false;
        throw error;
      }
    });
  }
}

function pathOf(groupId: string): string {
  return `key-group/${groupId}`;
}

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateKeyGroup.html */
function configXml(name: string, keyIds: readonly string[]): string {
  const keys = keyIds.map((keyId) => element('PublicKey', encode(keyId))).join('');
  return `${element('Name', encode(name))}${element('Items', keys)}${element('Comment', encode(COMMENT))}`;
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
