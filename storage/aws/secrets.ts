/** Reads secrets of AWS Secrets Manager. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceError } from '../../core/errors.ts';

/** The caller waits for it: less than API Gateway does. */
const TIMEOUT_MS = 3000;
const MAX_ATTEMPTS = 3;

let client: SecretsManagerClient | undefined;

/** The text of a secret. @param secretId name or ARN @throws UNAVAILABLE where it can't be read, or is no text */
export async function readSecret(secretId: string): Promise<string> {
  client ??= new SecretsManagerClient({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
  });
  const text = await textOf(client, secretId);
  if (text === undefined || text === '') throw new ServiceError('UNAVAILABLE', `secret ${secretId} holds no text`);
  return text;
}

async function textOf(sender: SecretsManagerClient, secretId: string): Promise<string | undefined> {
  try {
    return (await sender.send(new GetSecretValueCommand({ SecretId: secretId }))).SecretString;
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new ServiceError('UNAVAILABLE', `secret ${secretId} can't be read: ${reason}`, { cause: error });
  }
}
