/** The alarms of a template, and whether they go off at given values of their metrics. */
import { runInNewContext } from 'node:vm';
import type { Template } from 'aws-cdk-lib/assertions';

/** The second of the first deployment, in the place of what CloudFormation puts there. */
export const DEPLOYED = 1_764_000_000;

interface Metric {
  readonly Namespace: unknown;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

/** What a test looks at. */
export interface AlarmProperties extends Partial<Metric> {
  readonly AlarmDescription: string;
  readonly AlarmActions: readonly unknown[];
  readonly OKActions: readonly unknown[];
  readonly TreatMissingData: string;
  readonly EvaluationPeriods: number;
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: unknown;
    readonly MetricStat?: { readonly Period: number; readonly Metric: Metric };
  }[];
}

/** By their names in lib/watch/alarm-list.ts. */
export function alarmsIn(template: Template): ReadonlyMap<string, AlarmProperties> {
  return new Map(
    Object.entries(template.findResources('AWS::CloudWatch::Alarm')).map(([id, { Properties }]) => [
      id.replace(/^Watch/, '').replace(/[0-9A-F]{8}$/, ''),
      Properties,
    ]),
  );
}

/**
 * Whether an alarm goes off for one period.
 * @param values of metrics by their ids in the expression, or `value` where there is none; absent: silence
 * @param begins the second in which the period begins
 */
export function goesOff(
  alarm: AlarmProperties | undefined,
  values: Readonly<Record<string, number>>,
  begins = DEPLOYED + 1_000_000,
): boolean {
  if (alarm === undefined) throw new Error('there is no such alarm');
  const { Metrics = [], Threshold, ComparisonOperator, TreatMissingData } = alarm;
  const expression = Metrics.find((query) => query.Expression !== undefined)?.Expression ?? 'value';
  const value = evaluated(textOf(expression), values, begins);
  if (value === undefined) return TreatMissingData === 'breaching';
  return ComparisonOperator === 'LessThanThreshold' ? value < Threshold : value > Threshold;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, the part of it that is used here */
function evaluated(
  expression: string,
  values: Readonly<Record<string, number>>,
  begins: number,
): number | undefined {
  const names = [...expression.matchAll(/\b[a-z]\w*/g)].map(([word]) => word);
  return runInNewContext(expression, {
    ...Object.fromEntries(names.map((one) => [one, values[one]])),
    EPOCH: () => begins,
    FILL: (series: number | undefined, instead: number) => series ?? instead,
    IF: (condition: boolean, yes: number, no: number) => (condition ? yes : no),
    MIN: (several: readonly number[]) => Math.min(...several),
  });
}

function textOf(expression: unknown): string {
  if (typeof expression === 'string') return expression;
  const { 'Fn::Join': [, parts] = [] } = expression as { 'Fn::Join'?: [string, unknown[]] };
  return (parts ?? []).map((part) => (typeof part === 'string' ? part : DEPLOYED)).join('');
}
