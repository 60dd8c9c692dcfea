/** The functions of the service in a template, and what they may beyond what all of them may. */
import type { Template } from 'aws-cdk-lib/assertions';
import { type Right, rightsIn, wordOf } from './rights.ts';

/** CDK's own helper for API calls at deploy time: it calls CloudWatch Logs in us-east-1, and runs at no other time. */
const DEPLOY_TIME = /^AWS679f53fac002430cb0da5b7982bd2287/;
/** What every function may: its own log, and traces, which have no resource. */
const EVERYBODYS = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
];

/** What a test looks at. */
export interface FunctionProperties {
  readonly Role: unknown;
  readonly Runtime: string;
  readonly Architectures: readonly string[];
  readonly TracingConfig: unknown;
  readonly LoggingConfig: { readonly LogGroup: { readonly Ref: string } };
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
}

/** By the name of the construct. */
export function functionsOf(template: Template): ReadonlyMap<string, FunctionProperties> {
  return new Map(
    Object.entries(template.findResources('AWS::Lambda::Function'))
      .filter(([id]) => !DEPLOY_TIME.test(id))
      .map(([id, { Properties }]) => [wordOf(id), Properties]),
  );
}

/** Of functions of the service. */
export function serviceRightsIn(template: Template): readonly Right[] {
  return rightsIn(template).filter(({ who }) => !DEPLOY_TIME.test(who));
}

/** Without what every function may. */
export function ownRightsIn(template: Template): readonly Right[] {
  return serviceRightsIn(template).filter(({ action }) => !EVERYBODYS.includes(action));
}
