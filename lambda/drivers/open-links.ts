/** Opens the signer of links to the bucket itself; loads no S3 client. */
import type { Clock } from '../../core/clock.ts';
import { s3Settings } from '../../open/s3-driver-settings.ts';
import type { S3Config } from '../../open/settings/s3-settings.ts';
import { S3LinkSigner } from '../../storage/s3/signing/s3-link-signer.ts';
import { environmentCredentials } from '../runtime/environment-credentials.ts';

/** Signs with the keys of the settings, otherwise with those that Lambda sets. */
export function openLinks(config: S3Config, clock: Clock): S3LinkSigner {
  const { credentials: keys, ...settings } = s3Settings(config);
  const ofFunction = environmentCredentials();
  const credentials = async () => (typeof keys === 'function' ? keys() : (keys ?? ofFunction()));
  return new S3LinkSigner({ ...settings, credentials, clock });
}
