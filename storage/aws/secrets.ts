/** Reads secrets of AWS Secrets Manager. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceError } from '../../core/errors.ts';
import { type AwsOptions, clientOptions } from './client-options.ts';
import { translating } from './errors.ts';

/** @param secretId name or ARN. @throws UNAVAILABLE if the secret cannot be read, or is not text */
export async function readSecret(secretId: string, options: AwsOptions = {}): Promise<string> {
  const client = new SecretsManagerClient(clientOptions(options));
  const what = `secret ${secretId}`;
  try {
    const { SecretString: text = '' } = await translating(what, () =>
      client.send(new GetSecretValueCommand({ SecretId: secretId })),
    );
    if (text === '') throw new ServiceError('UNAVAILABLE', `${what} holds no text`);
    return text;
  } finally {
    client.destroy();
  }
}
