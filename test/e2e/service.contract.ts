/** The contract of the whole service, over HTTP alone. Every way to run Stowage must pass this suite. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeAdministration } from './service-contract/administration.ts';
import { describeDownloads } from './service-contract/downloads.ts';
import { describeLists } from './service-contract/lists.ts';
import { describeLostUploads } from './service-contract/lost-uploads.ts';
import { describeMultipart } from './service-contract/multipart.ts';
import { describeNames } from './service-contract/names.ts';
import { describePages } from './service-contract/pages.ts';
import { describePublishing } from './service-contract/publishing.ts';
import { describeRefusals } from './service-contract/refusals.ts';
import { describeRollouts } from './service-contract/rollouts.ts';
import { describeSeals } from './service-contract/seals.ts';
import { describeServicePaths } from './service-contract/service-paths.ts';
import { Visit } from './service-contract/visit.ts';
import type { ServiceTarget } from './service-target.ts';

/** Opens the target once: each test keeps to versions of its own. */
export function describeService(name: string, openTarget: () => Promise<ServiceTarget>): void {
  describe(`service contract: ${name}`, () => {
    let target: ServiceTarget | undefined;
    beforeAll(async () => {
      target = await openTarget();
    });
    afterAll(() => target?.close());
    const visit = () => {
      if (target === undefined) throw new Error('the service runs only while tests run');
      return new Visit(target);
    };

    describe('publishing', () => describePublishing(visit));
    describe('multipart', () => describeMultipart(visit));
    describe('lost uploads', () => describeLostUploads(visit));
    describe('downloads', () => describeDownloads(visit));
    describe('names', () => describeNames(visit));
    describe('rollouts', () => describeRollouts(visit));
    describe('seals', () => describeSeals(visit));
    describe('lists', () => describeLists(visit));
    describe('pages', () => describePages(visit));
    describe('refusals', () => describeRefusals(visit));
    describe('administration', () => describeAdministration(visit));
    describe('the service itself', () => describeServicePaths(visit));
  });
}
