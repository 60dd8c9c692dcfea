/** Reads from a template which resource reaches which: routes, events, queues, origins, rights of roles. */
import type { Template } from 'aws-cdk-lib/assertions';
import { ownRightsIn } from '../lib/support/functions.ts';
import { nameOf, wordOf } from '../lib/support/rights.ts';
import type { Arrow } from './mermaid.ts';

/** Something that refers to a resource: an ARN, a name, a host. */
type Reference = unknown;

interface Integration {
  readonly ApiId: Reference;
  readonly IntegrationUri: Reference;
}

interface Rule {
  readonly EventPattern?: {
    readonly detail: { readonly bucket: { readonly name: readonly Reference[] } };
  };
  readonly Targets: readonly {
    readonly Arn: Reference;
    readonly DeadLetterConfig: { readonly Arn: Reference };
  }[];
}

interface Mapping {
  readonly EventSourceArn: Reference;
  readonly FunctionName: Reference;
}

interface Queue {
  readonly RedrivePolicy?: { readonly deadLetterTargetArn: Reference };
}

interface Distribution {
  readonly DistributionConfig: {
    readonly DefaultCacheBehavior: { readonly TrustedKeyGroups: readonly Reference[] };
    readonly Origins: readonly { readonly DomainName: Reference }[];
  };
}

/** What an action is about, in one word. What is neither here nor goes with another one is drawn as it is called. */
const WORDS: Readonly<Record<string, string>> = {
  's3:PutObject': 'put',
  's3:GetObject': 'get',
  's3:DeleteObjectVersion': 'remove',
  's3:PutObjectTagging': 'tag',
  's3:ReplicateObject': 'copy',
  'dynamodb:GetItem': 'read',
  'dynamodb:Query': 'list',
  'dynamodb:PutItem': 'write',
  'sqs:SendMessage': 'send',
  'secretsmanager:GetSecretValue': 'read',
  'secretsmanager:PutSecretValue': 'write',
  'cloudfront:CreateInvalidation': 'invalidate',
  'cloudfront:UpdateKeyGroup': 'change',
  'events:PutEvents': 'announce',
};
const GO_WITH_ANOTHER =
  /^(s3:(Get|Put|Delete|List|Abort|Replicate|ObjectOwner)|dynamodb:|sqs:|cloudfront:(Create|Delete|Get|List))/;

export function arrowsOf(template: Template): readonly Arrow[] {
  return [
    ...routes(template),
    ...rules(template),
    ...queues(template),
    ...edges(template),
    ...rights(template),
  ];
}

function routes(template: Template): readonly Arrow[] {
  return resources<Integration>(template, 'AWS::ApiGatewayV2::Integration').map(
    ([, { ApiId, IntegrationUri }]) => ({
      from: nameOf(ApiId),
      to: nameOf(IntegrationUri),
    }),
  );
}

/** From what happens to what hears of it; broken, to where goes what could not be handed over. */
function rules(template: Template): readonly Arrow[] {
  return resources<Rule>(template, 'AWS::Events::Rule').flatMap(
    ([id, { EventPattern, Targets }]) => [
      ...(EventPattern?.detail.bucket.name ?? []).map((bucket) => ({
        from: nameOf(bucket),
        to: id,
      })),
      ...Targets.flatMap(({ Arn, DeadLetterConfig }) => [
        { from: id, to: nameOf(Arn) },
        { from: nameOf(Arn), to: nameOf(DeadLetterConfig.Arn), broken: true },
      ]),
    ],
  );
}

function queues(template: Template): readonly Arrow[] {
  const read = resources<Mapping>(template, 'AWS::Lambda::EventSourceMapping').map(
    ([, mapping]) => ({
      from: nameOf(mapping.EventSourceArn),
      to: nameOf(mapping.FunctionName),
    }),
  );
  const given = resources<Queue>(template, 'AWS::SQS::Queue').flatMap(([id, { RedrivePolicy }]) =>
    RedrivePolicy === undefined
      ? []
      : [{ from: id, to: nameOf(RedrivePolicy.deadLetterTargetArn), broken: true }],
  );
  return [...read, ...given];
}

/** The second origin of a group answers where the first one fails. */
function edges(template: Template): readonly Arrow[] {
  return resources<Distribution>(template, 'AWS::CloudFront::Distribution').flatMap(
    ([id, { DistributionConfig }]) => [
      ...DistributionConfig.Origins.map(({ DomainName }, index) => ({
        from: id,
        to: placeOf(nameOf(DomainName)),
        label: 'get',
        broken: index > 0,
      })),
      ...DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups.map((group) => ({
        from: id,
        to: nameOf(group),
        label: 'trust',
      })),
    ],
  );
}

/** One arrow from a role to a resource, with all that it may do there. What reads a queue is drawn from the queue. */
function rights(template: Template): readonly Arrow[] {
  const [keyGroup = ''] = resources(template, 'Custom::CdnKeys').map(([id]) => id);
  const words = ownRightsIn(template).flatMap(({ who, action, on }) => {
    // Public keys and key groups have no ARN: the right to change them names no resource.
    const to = on === '*' ? keyGroup : placeOf(on);
    const word = WORDS[action] ?? (GO_WITH_ANOTHER.test(action) ? undefined : action);
    return word === undefined || to.endsWith('DeadLetters') ? [] : [{ from: who, to, word }];
  });
  return [...Map.groupBy(words, ({ from, to }) => `${from} ${to}`).values()].flatMap((same) => {
    const label = [...new Set(same.map(({ word }) => word))].sort().join(', ');
    return same.slice(0, 1).map(({ from, to }) => ({ from, to, label }));
  });
}

/** The name in an ARN or host, without the path below it. The bucket of another stack is the replica. */
function placeOf(name: string): string {
  if (/replica\w*bucket/.test(name)) return 'Replica';
  const [, distribution] = /distribution\/(\w+)$/.exec(name) ?? [];
  return distribution ?? name.split('/')[0] ?? name;
}

/**
 * Resources by the name of their construct. Our templates all have the properties that a drawing
 * reads, so these are not checked again.
 */
function resources<Properties>(
  template: Template,
  type: string,
): readonly (readonly [string, Properties])[] {
  return Object.entries(template.findResources(type)).map(([id, resource]) => [
    wordOf(id),
    resource['Properties'] ?? {},
  ]);
}
