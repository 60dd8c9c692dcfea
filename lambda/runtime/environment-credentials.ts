/** The credentials that Lambda gives to a function, from its environment. */
import { processEnvironment } from '../../open/settings/environment.ts';

interface EnvironmentCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Reads the variables at each call, because the environment does not say when the credentials
 * expire.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function environmentCredentials(): () => Promise<EnvironmentCredentials> {
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
