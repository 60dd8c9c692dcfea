/** Uploads whose publisher is lost, also while the events of the bucket are: only a rehearsal may switch those off. */
import { beforeAll } from '@jest/globals';
import { describeLostUploads } from '../../e2e/service-contract/lost-uploads.ts';
import { Visit } from '../../e2e/service-contract/visit.ts';
import type { ServiceTarget } from '../../e2e/service-target.ts';
import type { DeployedStack } from '../../support/deployed/deployed-stack.ts';
import { openDeployed } from '../deployed-target.ts';

export function describeUploadsThatAreLost(deployed: () => DeployedStack): void {
  let target: ServiceTarget;
  beforeAll(async () => {
    target = await openDeployed(deployed());
  });
  describeLostUploads(() => new Visit(target));
}
