/** Reads secrets of AWS Secrets Manager. */
import { ServiceError } from '../../core/errors.ts';
import type { AwsClientOptions } from './aws-client.ts';
import { translating } from './errors.ts';
import { JsonClient } from './json-client.ts';
import { SECRETS_MANAGER } from './json-services.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
export interface SecretValue {
  readonly SecretString?: string;
  readonly VersionId?: string;
}

/** @param secretId name or ARN. @throws UNAVAILABLE if the secret cannot be read, or is not text */
export async function readSecret(secretId: string, options: AwsClientOptions): Promise<string> {
  const client = new JsonClient(SECRETS_MANAGER, options);
  const what = `secret ${secretId}`;
  try {
    const { SecretString: text = '' } = (await translating(what, () =>
      client.send('GetSecretValue', { SecretId: secretId }),
    )) as SecretValue;
    if (text === '') throw new ServiceError('UNAVAILABLE', `${what} holds no text`);
    return text;
  } finally {
    client.destroy();
  }
}
