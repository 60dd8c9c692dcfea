/** Deployed settings, read back: of the distribution, of triggers of functions, of dead letters. */
import { GetDistributionConfigCommand } from '@aws-sdk/client-cloudfront';
import { expect, test } from '@jest/globals';
import { askAws, askJson } from '../../support/deployed/aws-call.ts';
import type { DeployedStack } from '../../support/deployed/deployed-stack.ts';

interface Rule {
  readonly Name: string;
  readonly State: string;
  readonly EventPattern?: string;
  readonly ScheduleExpression?: string;
}
interface Target {
  readonly DeadLetterConfig?: { readonly Arn: string };
  readonly RetryPolicy?: { readonly MaximumRetryAttempts: number };
}

export function describeSettingsAround(deployed: () => DeployedStack): void {
  test('the distribution takes signed requests by TLS alone, but for the console, and passes bytes on as they are', async () => {
    const { cloudFront } = deployed();

    const { DistributionConfig } = await cloudFront.send(
      new GetDistributionConfigCommand({ Id: deployed().output('DistributionId') }),
    );

    expect(DistributionConfig?.DefaultCacheBehavior).toMatchObject({
      TrustedKeyGroups: { Enabled: true, Items: [deployed().output('KeyGroupId')] },
      ViewerProtocolPolicy: 'https-only',
      Compress: false,
    });
    expect(DistributionConfig?.CacheBehaviors?.Items).toMatchObject([
      { PathPattern: 'console*', ViewerProtocolPolicy: 'redirect-to-https' },
    ]);
    expect(DistributionConfig?.HttpVersion).toBe('http2and3');
    const origins = DistributionConfig?.Origins?.Items ?? [];
    expect(origins.map(({ DomainName }) => DomainName?.split('.')[0])).toEqual([
      deployed().output('BucketName'),
    ]);
    expect(origins.filter(({ OriginAccessControlId }) => !OriginAccessControlId)).toEqual([]);
  });

  test('arrivals and schedules reach their functions, and dead letters are kept', async () => {
    const { account } = deployed();
    const { Rules } = await askJson<{ Rules: readonly Rule[] }>(
      account,
      'events',
      'AWSEvents.ListRules',
      {},
    );

    const targets = await Promise.all(
      Rules.map(({ Name: Rule }) =>
        askJson<{ Targets: readonly Target[] }>(account, 'events', 'AWSEvents.ListTargetsByRule', {
          Rule,
        }),
      ),
    );

    expect(new Set(Rules.map(({ State }) => State))).toEqual(new Set(['ENABLED']));
    expect(Rules.map((rule) => rule.ScheduleExpression ?? 'event').sort()).toEqual([
      'event',
      'rate(1 hour)',
      'rate(15 minutes)',
    ]);
    expect(targets.flatMap(({ Targets }) => Targets)).toEqual(
      Rules.map(() =>
        expect.objectContaining({
          DeadLetterConfig: { Arn: expect.stringContaining(':sqs:') },
          RetryPolicy: expect.anything(),
        }),
      ),
    );
  });

  test('the queue of verifications is read one package at a time', async () => {
    const { EventSourceMappings } = await askAws<{
      EventSourceMappings: readonly {
        EventSourceArn: string;
        BatchSize: number;
        State: string;
        FunctionResponseTypes?: readonly string[];
      }[];
    }>(deployed().account, {
      service: 'lambda',
      method: 'GET',
      path: '/2015-03-31/event-source-mappings/',
    });

    const ofQueues = EventSourceMappings.filter(({ EventSourceArn: arn }) => arn.includes(':sqs:'));
    expect(ofQueues).toMatchObject([{ BatchSize: 1, State: 'Enabled' }]);
  });
}
