/** Makes the CDN forget what its edges keep of a package. */
import { type CloudFrontClient, CreateInvalidationCommand } from '@aws-sdk/client-cloudfront';
import type { NewId } from '../../core/clock.ts';
import { encodeKey, type PackageKey } from '../../core/names.ts';
import { translating } from '../aws/aws-errors.ts';

export interface InvalidationsOptions {
  readonly client: CloudFrontClient;
  readonly distributionId: string;
  readonly newId: NewId;
}

export class Invalidations {
  readonly #options: InvalidationsOptions;

  constructor(options: InvalidationsOptions) {
    this.#options = options;
  }

  /** Returns when the CDN has taken the order; it is carried out within seconds to minutes. @throws UNAVAILABLE */
  async invalidate(key: PackageKey): Promise<void> {
    const { client, distributionId, newId } = this.#options;
    // As links have it: CloudFront reads a literal plus as a space.
    const Paths = { Quantity: 1, Items: [`/${encodeKey(key)}`] };
    const InvalidationBatch = { CallerReference: newId(), Paths };
    const command = new CreateInvalidationCommand({ DistributionId: distributionId, InvalidationBatch });
    await translating(`distribution ${distributionId}`, () => client.send(command));
  }
}
