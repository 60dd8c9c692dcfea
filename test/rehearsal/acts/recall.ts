/** A package that is taken back: what stops the links that were handed out, at the bucket and at the CDN. */
import { GetInvalidationCommand, ListInvalidationsCommand } from '@aws-sdk/client-cloudfront';
import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, test } from '@jest/globals';
import { Visit } from '../../e2e/service-contract/visit.ts';
import type { DeployedStack } from '../../support/deployed/deployed-stack.ts';
import { openDeployed } from '../deployed-target.ts';

const HELLO = Buffer.from('hello, world');

export function describeRecall(deployed: () => DeployedStack): void {
  let visit: Visit;
  beforeAll(async () => {
    visit = new Visit(await openDeployed(deployed()));
  });

  test('a yank tags the object, which the bucket then refuses, and makes the CDN forget its copy', async () => {
    await visit.publish('hello', HELLO);
    const link = await visit.link('hello.bin');
    const key = `packages/${visit.versionId}/hello.bin`;

    await visit.admin.json('POST', visit.path('/packages/hello/yank'));

    expect(await tagsOf(deployed(), key)).toEqual([{ Key: 'stowage-yanked', Value: 'true' }]);
    expect((await visit.target.send(link)).status).toBe(403);
    expect(await forgotten(deployed())).toContain(`/${key.replace('+', '%2B')}`);

    await visit.admin.json('POST', visit.path('/packages/hello/restore'));
    expect(await tagsOf(deployed(), key)).toEqual([]);
    expect((await visit.target.send(link)).status).toBe(200);
  });

  test('a delete makes the CDN forget, too', async () => {
    await visit.publish('gone', HELLO);

    await visit.admin.json('DELETE', visit.path('/packages/gone'));

    expect(await forgotten(deployed())).toContain(
      `/packages/${visit.versionId.replace('+', '%2B')}/gone.bin`,
    );
  });
}

async function tagsOf({ s3, ...stack }: DeployedStack, Key: string) {
  const { TagSet } = await s3.send(
    new GetObjectTaggingCommand({ Bucket: stack.outputs['BucketName'], Key }),
  );
  return TagSet;
}

/** The paths of all invalidations. */
async function forgotten(stack: DeployedStack): Promise<readonly string[]> {
  const DistributionId = stack.output('DistributionId');
  const { InvalidationList } = await stack.cloudFront.send(
    new ListInvalidationsCommand({ DistributionId }),
  );
  const paths = (InvalidationList?.Items ?? []).map(async ({ Id }) => {
    const { Invalidation } = await stack.cloudFront.send(
      new GetInvalidationCommand({ DistributionId, Id }),
    );
    return Invalidation?.InvalidationBatch?.Paths?.Items ?? [];
  });
  return (await Promise.all(paths)).flat();
}
