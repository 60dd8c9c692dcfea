/** The keyring of a deployed stack, and the clock of its keys, which a rehearsal can not wait for. */
import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { DeployedStack } from '../support/deployed/deployed-stack.ts';

export interface StoredKey {
  readonly state: string;
  readonly keyId?: string;
  readonly privateKeyPem: string;
}

const TIMES = ['joinedAt', 'signingSince', 'leavingSince', 'leavesAt'];

export async function readKeyring(stack: DeployedStack): Promise<readonly StoredKey[]> {
  const { SecretString = '' } = await stack.secrets.send(
    new GetSecretValueCommand({ SecretId: stack.output('KeyringSecret') }),
  );
  return (JSON.parse(SecretString) as { keys: readonly StoredKey[] }).keys;
}

/** Moves every time that the keyring names into the past, as if `seconds` had gone by. */
export async function letKeysAge(stack: DeployedStack, seconds: number): Promise<void> {
  const keys = (await readKeyring(stack)).map((key) => ({
    ...key,
    ...Object.fromEntries(
      Object.entries(key)
        .filter(([name]) => TIMES.includes(name))
        .map(([name, time]) => [name, new Date(Date.parse(time) - seconds * 1000).toISOString()]),
    ),
  }));
  const SecretString = JSON.stringify({ version: 1, keys });
  await stack.secrets.send(
    new PutSecretValueCommand({ SecretId: stack.output('KeyringSecret'), SecretString }),
  );
}
