/** A stage with events: nothing between the table and the bus may be lost, and rules find the bus. */
import { describe, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AttributeType, StreamViewType, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { TABLE } from '../../../core/layout.ts';
import { Stowage } from '../../../lib/stowage.ts';
import type { StowageProps } from '../../../lib/stowage-props.ts';
import { ownRightsIn } from '../support/functions.ts';
import { lines } from '../support/rights.ts';
import { templateOf } from '../support/templates.ts';
import { withApp } from '../support/with-stage.ts';

const template = templateOf({ events: true });

describe('a stage with events', () => {
  test('sends every change of a package, a version or a channel to its function', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
    const [mapping, ...others] = Object.values(
      template.findResources('AWS::Lambda::EventSourceMapping', {
        Properties: { StartingPosition: Match.anyValue() },
      }),
    );

    expect(others).toEqual([]);
    expect(mapping?.['Properties']).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 43_200,
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
      FilterCriteria: {
        Filters: [{ prefix: 'P#' }, 'V', 'C'].map((S) => ({
          Pattern: JSON.stringify({ dynamodb: { Keys: { pk: { S: [S] } } } }),
        })),
      },
    });
    expect(mapping?.['Properties']).not.toHaveProperty('MaximumRetryAttempts');
  });

  test('has a function that reads the catalog, and puts events on its own bus alone', () => {
    const rights = ownRightsIn(template).filter(({ who }) => who === 'AnnouncementsAnnounce');

    expect(lines(rights).map((line) => line.replace('AnnouncementsAnnounce: ', ''))).toEqual([
      'dynamodb:BatchGetItem on Catalog',
      'dynamodb:DescribeStream on Catalog',
      'dynamodb:GetItem on Catalog',
      'dynamodb:GetRecords on Catalog',
      'dynamodb:GetShardIterator on Catalog',
      'dynamodb:ListStreams on Catalog',
      'dynamodb:Query on Catalog',
      'events:PutEvents on AnnouncementsBus',
      'sqs:GetQueueAttributes on AnnouncementsDeadLetters',
      'sqs:GetQueueUrl on AnnouncementsDeadLetters',
      'sqs:SendMessage on AnnouncementsDeadLetters',
    ]);
  });

  test('has an alarm for what was not announced', () => {
    const alarms = JSON.stringify(template.findResources('AWS::CloudWatch::Alarm'));

    expect(alarms).toContain('AnnouncementsDeadLetters');
  });
});

test('a stage without events has no bus, no stream and no reader of one', () => {
  const plain = templateOf();

  plain.resourceCountIs('AWS::Events::EventBus', 0);
  plain.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
    StreamSpecification: Match.absent(),
  });
});

/** What a stack with one Stowage makes, or why it does not. */
function made(
  propsOf: (stack: Stack) => StowageProps,
  work: (stowage: Stowage, stack: Stack) => void = () => {},
): Template {
  return withApp((app) => {
    const stack = new Stack(app, 'Mine', {
      env: { account: '123456789012', region: 'eu-central-1' },
    });
    work(new Stowage(stack, 'Packages', propsOf(stack)), stack);
    return Template.fromStack(stack);
  });
}

describe('a rule of an app', () => {
  test('listens to one type of event on the bus, and leads to its target', () => {
    const rules = made(
      () => ({ events: true }),
      (stowage, stack) => {
        const target = new SqsQueue(new Queue(stack, 'Mirror'));
        stowage.onPackageAvailable('MirrorAll', {
          target,
          description: 'Copies packages for Linux',
          eventPattern: { detail: { os: ['linux'] } },
        });
        stowage.onPackageYanked('Yanked', { target });
        stowage.onPackageRestored('Restored', { target });
        stowage.onPackageDeleted('Deleted', { target });
        stowage.onChannelMoved('Moved', {
          target,
          eventPattern: { detail: { channel: ['beta'] } },
        });
      },
    ).findResources('AWS::Events::Rule', {
      Properties: { EventPattern: { source: ['stowage'] } },
    });

    const patterns = Object.values(rules).map(({ Properties }) => Properties.EventPattern);
    expect(patterns).toEqual([
      { source: ['stowage'], 'detail-type': ['Package Available'], detail: { os: ['linux'] } },
      { source: ['stowage'], 'detail-type': ['Package Yanked'] },
      { source: ['stowage'], 'detail-type': ['Package Restored'] },
      { source: ['stowage'], 'detail-type': ['Package Deleted'] },
      { source: ['stowage'], 'detail-type': ['Channel Moved'], detail: { channel: ['beta'] } },
    ]);
    for (const { Properties } of Object.values(rules)) {
      expect(JSON.stringify(Properties.EventBusName)).toContain('PackagesAnnouncementsBus');
      expect(Properties.Targets).toHaveLength(1);
    }
  });

  test('is refused where nothing is announced, with what to do', () => {
    expect(() =>
      made(
        () => ({}),
        (stowage) => void stowage.onPackageAvailable('Mirror'),
      ),
    ).toThrow('Mine/Packages has no events, so Mirror would never match: set events to true');
  });
});

describe('a table of an app', () => {
  const text = (name: string) => ({ name, type: AttributeType.STRING });
  const tableWith = (stack: Stack, dynamoStream?: StreamViewType) =>
    new TableV2(stack, 'Records', {
      partitionKey: text(TABLE.key.partition),
      sortKey: text(TABLE.key.sort),
      ...(dynamoStream === undefined ? {} : { dynamoStream }),
      globalSecondaryIndexes: Object.values(TABLE.index).map(({ name, partition, sort }) => ({
        indexName: name,
        partitionKey: text(partition),
        sortKey: text(sort),
      })),
    });

  test.each([
    [undefined, 'has no stream'],
    [StreamViewType.KEYS_ONLY, 'has KEYS_ONLY stream'],
  ] as const)('with the stream %s cannot announce, and says what is needed', (view, said) => {
    expect(() => made((stack) => ({ events: true, table: tableWith(stack, view) }))).toThrow(
      `table: ${said}, allowed for events: one of NEW_AND_OLD_IMAGES`,
    );
  });

  test('with both images in its stream is listened to', () => {
    made((stack) => ({
      events: true,
      table: tableWith(stack, StreamViewType.NEW_AND_OLD_IMAGES),
    })).resourceCountIs('AWS::Events::EventBus', 1);
  });

  test('that is imported without the ARN of its stream is refused', () => {
    expect(() =>
      made((stack) => ({ events: true, table: Table.fromTableName(stack, 'Old', 'old') })),
    ).toThrow('table: has no stream that is known');
  });
});
