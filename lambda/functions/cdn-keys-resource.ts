/** Makes the first keys of the CDN: holds the place of that function until it is there. */
import { ServiceError } from '../../core/errors.ts';

export async function handler(): Promise<never> {
  throw new ServiceError(
    'NOT_SUPPORTED',
    'downloads by the CDN are not built yet; set downloads to s3 (lib/stages.ts)',
  );
}
