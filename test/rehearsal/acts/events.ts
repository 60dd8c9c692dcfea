/** What other systems hear: a queue that listens to the bus gets each change that readers notice. */
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EVENTS } from '../../../core/layout.ts';
import { Visit } from '../../e2e/service-contract/visit.ts';
import { askJson } from '../../support/deployed/aws-call.ts';
import { configOf, type DeployedStack } from '../../support/deployed/deployed-stack.ts';
import { openDeployed } from '../deployed-target.ts';

interface Heard {
  readonly type: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export function describeEvents(deployed: () => DeployedStack): void {
  let visit: Visit;
  let sqs: SQSClient;
  let QueueUrl: string;
  beforeAll(async () => {
    const { account } = deployed();
    visit = new Visit(await openDeployed(deployed()));
    sqs = new SQSClient(configOf(account));
    const QueueName = 'rehearsal-events';
    QueueUrl = (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
    const EventBusName = deployed().output('EventBusName');
    const rule = {
      Name: 'rehearsal',
      EventBusName,
      EventPattern: JSON.stringify({ source: [EVENTS.source] }),
    };
    await askJson(account, 'events', 'AWSEvents.PutRule', rule);
    const Arn = `arn:aws:sqs:${account.region}:000000000000:${QueueName}`;
    const targets = { Rule: rule.Name, EventBusName, Targets: [{ Id: 'queue', Arn }] };
    await askJson(account, 'events', 'AWSEvents.PutTargets', targets);
  });
  afterAll(async () => {
    const { account } = deployed();
    const of = { EventBusName: deployed().output('EventBusName') };
    const targets = { Rule: 'rehearsal', Ids: ['queue'], ...of };
    await askJson(account, 'events', 'AWSEvents.RemoveTargets', targets);
    await askJson(account, 'events', 'AWSEvents.DeleteRule', { Name: 'rehearsal', ...of });
    sqs.destroy();
  });

  /** Waits for the next events of this visit; others may still be on their way. */
  async function hear(count: number): Promise<readonly Heard[]> {
    const heard: Heard[] = [];
    while (heard.length < count) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5, VisibilityTimeout: 600 }),
      );
      for (const { Body = '' } of Messages) {
        const { 'detail-type': type, detail } = JSON.parse(Body);
        if (detail.versionId === visit.versionId) heard.push({ type, detail });
      }
    }
    return heard;
  }

  test('a package is announced when it can be downloaded, is yanked, and is back', async () => {
    await visit.publish('heard', Buffer.from('hello, world'));
    const [available] = await hear(1);
    await visit.admin.json('POST', visit.path('/packages/heard/yank'));
    const [yanked] = await hear(1);
    await visit.admin.json('POST', visit.path('/packages/heard/restore'));
    const [restored] = await hear(1);

    expect([available?.type, yanked?.type, restored?.type]).toEqual([
      'Package Available',
      'Package Yanked',
      'Package Restored',
    ]);
    expect(available?.detail).toMatchObject({
      packageId: 'heard',
      size: 12,
      sha256: '09ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b',
      url: expect.stringContaining('/heard.bin'),
    });
  });
}
