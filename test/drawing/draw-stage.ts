/** Draws a stage on AWS in two charts: what answers requests, and what runs in the background. */
import type { Template } from 'aws-cdk-lib/assertions';
import { wordOf } from '../lib/support/rights.ts';
import { type Arrow, flowchart, type Node, type Shape } from './mermaid.ts';
import { arrowsOf } from './template-arrows.ts';

export interface StageDrawings {
  readonly requests: string;
  readonly upkeep: string;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  'AWS::ApiGatewayV2::Api': 'edge',
  'AWS::CloudFront::Distribution': 'edge',
  'AWS::DynamoDB::GlobalTable': 'store',
  'AWS::Events::EventBus': 'edge',
  'AWS::Events::Rule': 'trigger',
  'AWS::Lambda::Function': 'box',
  'AWS::S3::Bucket': 'store',
  'AWS::SQS::Queue': 'queue',
  'AWS::SecretsManager::Secret': 'secret',
  'Custom::CdnKeys': 'secret',
};

/** What the template does not hold, or not as a resource of its own. */
const BESIDE: readonly Node[] = [
  { id: 'Replica', label: 'Replica: bucket in a second region', shape: 'store' },
  { id: 'PackagesBucketReplication', label: 'S3 itself copies', shape: 'trigger' },
  { id: 'Publisher', label: 'publisher', shape: 'person' },
  { id: 'Consumer', label: 'consumer', shape: 'person' },
];

/** Who sends what: people are in no template. */
const PEOPLE: readonly Arrow[] = [
  { from: 'Publisher', to: 'Api', label: 'announce, complete' },
  { from: 'Publisher', to: 'Packages', label: 'bytes, by a signed request' },
  { from: 'Consumer', to: 'Api', label: 'stable link' },
  { from: 'Consumer', to: 'DownloadsCdnDistribution', label: 'signed link' },
];

export function drawStage(template: Template): StageDrawings {
  const nodes = [...nodesOf(template), ...BESIDE];
  const arrows = arrowsOf(template);
  const asked = new Set(arrows.filter(({ from }) => from === 'Api').map(({ to }) => to));
  const functions = new Set(nodes.filter(({ shape }) => shape === 'box').map(({ id }) => id));
  const isUpkeep = ({ from, to }: Arrow) =>
    [from, to].some((id) => functions.has(id) && !asked.has(id));
  const aboutFunctions = arrows.filter(({ from, to }) => functions.has(from) || functions.has(to));
  const others = arrows.filter((arrow) => !aboutFunctions.includes(arrow));
  const serves = others.filter(({ from }) => from === 'DownloadsCdnDistribution');
  return {
    requests: chart(nodes, [
      ...PEOPLE,
      ...aboutFunctions.filter((arrow) => !isUpkeep(arrow)),
      ...serves,
    ]),
    upkeep: chart(nodes, [
      ...aboutFunctions.filter(isUpkeep),
      ...others.filter((arrow) => !serves.includes(arrow)),
    ]),
  };
}

/** Only what an arrow touches. @throws if an arrow leads to a node that is not drawn */
function chart(nodes: readonly Node[], arrows: readonly Arrow[]): string {
  const touched = new Set(arrows.flatMap(({ from, to }) => [from, to]));
  const unknown = [...touched].filter((id) => !nodes.some((node) => node.id === id));
  if (unknown.length > 0)
    throw new Error(`arrows lead to ${unknown.join(', ')}: name it in test/drawing/draw-stage.ts`);
  return flowchart(
    'LR',
    nodes.filter(({ id }) => touched.has(id)),
    arrows,
  );
}

function nodesOf(template: Template): readonly Node[] {
  return Object.entries(SHAPES).flatMap(([type, shape]) =>
    Object.entries(template.findResources(type)).map(([id, { Properties = {} }]) => {
      const { Description, ScheduleExpression } = Properties as Readonly<Record<string, string>>;
      const name = wordOf(id).replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ');
      const says = [Description, ScheduleExpression]
        .filter((text) => text !== undefined)
        .join(', ');
      return {
        id: wordOf(id),
        label: says === '' ? `${name}: ${KINDS[type] ?? ''}` : `${name}: ${says}`,
        shape,
      };
    }),
  );
}

/** Of what has no description of its own. */
const KINDS: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::Api': 'HTTP API',
  'AWS::CloudFront::Distribution': 'CloudFront',
  'AWS::DynamoDB::GlobalTable': 'DynamoDB table',
  'AWS::Events::EventBus': 'event bus',
  'AWS::S3::Bucket': 'S3 bucket',
  'AWS::SQS::Queue': 'SQS queue',
  'AWS::SecretsManager::Secret': 'secret',
  'Custom::CdnKeys': 'public keys of CloudFront',
};
