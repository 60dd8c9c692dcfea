/**
 * Makes the first key pairs of a new CDN, and removes all of them with the CDN. Repeatable, as the
 * rotation is.
 */
import type { Clock } from '../clock.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { CdnKey, Keyring } from './keyring.ts';
import type { KeyringStore, PublicKeys, ReadKeyring } from './ports.ts';
import { register, withNewPair } from './rotate.ts';

/** The key groups of an account. */
export interface KeyGroups {
  /** The group of that name with these keys in it. Makes it if there is none. @returns its id */
  ensure(name: string, keyIds: readonly string[]): Promise<string>;
  /** The id of the group of that name. */
  find(name: string): Promise<string | undefined>;
  /** The keys in it; undefined where there is no such group. */
  keysOf(groupId: string): Promise<readonly string[] | undefined>;
  /** Succeeds if it does not exist. @throws CONFLICT if a distribution trusts it */
  remove(groupId: string): Promise<void>;
}

export interface FirstKeysDeps {
  readonly keyring: KeyringStore;
  readonly publicKeys: PublicKeys;
  readonly keyGroups: KeyGroups;
  readonly clock: Clock;
  /** As `RotationDeps.newName`. */
  readonly newName: (groupName: string) => string;
}

/** A signer and a spare. */
const FIRST_PAIRS = 2;

/**
 * Makes what is missing of the first pairs and of their key group. The signer may sign at once,
 * because no edge knows the CDN yet.
 * @returns the id of the key group
 * @throws CONFLICT if somebody else does the same at this moment
 */
export async function makeFirstKeys(deps: FirstKeysDeps, groupName: string): Promise<string> {
  let read = await deps.keyring.read();
  const keep = async (keyring: Keyring) => {
    read = await write(deps.keyring, keyring, read);
  };
  let paired = read.keyring;
  while (paired.keys.length < FIRST_PAIRS) paired = withNewPair(paired, deps.newName(groupName));
  if (paired !== read.keyring) await keep(paired);
  const keys: CdnKey[] = [];
  for (const key of read.keyring.keys) {
    keys.push(
      key.state === 'joining' && key.keyId === undefined
        ? await register(deps.publicKeys, key)
        : key,
    );
  }
  if (keys.some((key, at) => key !== read.keyring.keys[at])) await keep({ ...read.keyring, keys });
  const groupId = await deps.keyGroups.ensure(groupName, keyIdsOf(read.keyring));
  if (keys.every(({ state }) => state === 'joining'))
    await keep(startSigning(read.keyring, deps.clock()));
  return groupId;
}

/**
 * Removes the group, every public key that the keyring or the group names, and the pairs in the
 * keyring. A keyring that cannot be read does not stop it: the secret may be gone already.
 * @param knownId of the group, whatever its name is. @default the group of that name
 */
export async function removeAllKeys(
  deps: Pick<FirstKeysDeps, 'keyring' | 'publicKeys' | 'keyGroups'>,
  groupName: string,
  knownId?: string,
): Promise<void> {
  const read = await readIfThere(deps.keyring);
  const keys = read?.keyring.keys ?? [];
  const groupId = knownId ?? (await deps.keyGroups.find(groupName));
  const inGroup = groupId === undefined ? [] : ((await deps.keyGroups.keysOf(groupId)) ?? []);
  if (groupId !== undefined) await deps.keyGroups.remove(groupId);
  const known = new Set(keys.map(({ keyId }) => keyId));
  const others = inGroup
    .filter((keyId) => !known.has(keyId))
    .map((keyId) => ({ name: keyId, keyId }));
  for (const key of [...keys, ...others]) await deps.publicKeys.remove(key);
  if (read !== undefined && keys.length > 0)
    await write(deps.keyring, { ...read.keyring, keys: [] }, read);
}

async function readIfThere(store: KeyringStore): Promise<ReadKeyring | undefined> {
  try {
    return await store.read();
  } catch (error) {
    if (isServiceError(error, 'UNAVAILABLE')) return undefined;
    throw error;
  }
}

async function write(
  store: KeyringStore,
  keyring: Keyring,
  over: ReadKeyring,
): Promise<ReadKeyring> {
  const now = await store.write(keyring, over);
  if (now !== undefined) return now;
  throw new ServiceError(
    'CONFLICT',
    'somebody else writes the keyring at the same time; try again',
  );
}

function keyIdsOf({ keys }: Keyring): readonly string[] {
  return keys.flatMap(({ keyId }) => keyId ?? []);
}

/** The first key signs, the others are spares. */
function startSigning(keyring: Keyring, now: Date): Keyring {
  const at = now.toISOString();
  const keys = keyring.keys.map(({ name, keyId = '', privateKeyPem }, index): CdnKey => {
    const joined = { name, keyId, privateKeyPem, joinedAt: at };
    return index === 0
      ? { ...joined, state: 'signing', signingSince: at }
      : { ...joined, state: 'joining' };
  });
  return { ...keyring, keys };
}
