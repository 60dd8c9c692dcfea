/**
 * Replaces `@aws-sdk/credential-provider-node` in the bundles: in Lambda, credentials come from the
 * environment, and loading the chain that looks elsewhere takes a third of the start.
 */
import { processEnvironment } from '../../open/settings/environment.ts';

interface EnvironmentCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * The SDK imports it by this name. Reads the variables at each call, because the environment does
 * not say when the credentials expire.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function defaultProvider(): () => Promise<EnvironmentCredentials> {
  return async () => {
    const env = processEnvironment();
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: token,
    } = env;
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      // Drivers know this error by the name that the SDK's own chain gives it.
      throw Object.assign(new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set'), {
        name: 'CredentialsProviderError',
      });
    }
    return {
      accessKeyId,
      secretAccessKey,
      ...(token === undefined ? {} : { sessionToken: token }),
    };
  };
}
