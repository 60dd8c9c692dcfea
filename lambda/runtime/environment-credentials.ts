/** Stands in for `@aws-sdk/credential-provider-node` in the bundles: in Lambda credentials come from the environment, and the chain that looks elsewhere costs a third of the start. */
import { processEnvironment } from '../../open/settings/environment.ts';

interface EnvironmentCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * The name is the SDK's. Reads anew each time it is asked: the environment does not tell when the credentials expire.
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
      // By the name that the SDK's own chain gives it: drivers know it.
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
