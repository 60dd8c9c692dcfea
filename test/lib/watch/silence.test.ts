/** Alarms for which silence is a bad sign keep quiet until there can have been a sign. */
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { VIRGINIA } from '../support/every-stage.ts';
import { templatesOf } from '../support/templates.ts';

/** The second of the first deployment, in the place of what CloudFormation puts there. */
const DEPLOYED = 1_764_000_000;
const HOUR = 3600;

interface Query {
  readonly Expression?: unknown;
  readonly MetricStat?: { readonly Period: number };
}

const { service } = templatesOf(VIRGINIA);

function alarm(name: string) {
  const [found] = Object.entries(service.findResources('AWS::CloudWatch::Alarm'))
    .filter(([id]) => new RegExp(`^Watch${name}[0-9A-F]{8}$`).test(id))
    .map(([, { Properties }]) => Properties);
  return { Metrics: [], ...found } as {
    readonly Metrics: readonly Query[];
    readonly TreatMissingData: string;
    readonly Threshold: number;
    readonly ComparisonOperator: string;
    readonly EvaluationPeriods: number;
  };
}

function textOf(expression: unknown): string {
  if (typeof expression === 'string') return expression;
  const { 'Fn::Join': [, parts] = [] } = expression as { 'Fn::Join'?: [string, unknown[]] };
  return (parts ?? []).map((part) => (typeof part === 'string' ? part : DEPLOYED)).join('');
}

/** Whether the alarm goes off for a period. @param metrics by their names in the expression; absent: silence */
function goesOff(
  name: string,
  begins: number,
  metrics: Readonly<Record<string, number>> = {},
): boolean {
  const { Metrics, Threshold, ComparisonOperator, TreatMissingData } = alarm(name);
  const expression = textOf(
    Metrics.find((query) => query.Expression !== undefined)?.Expression ?? '',
  );
  const names = [...expression.matchAll(/\b[a-z]\w*/g)].map(([word]) => word);
  const value: number | undefined = runInNewContext(expression, {
    ...Object.fromEntries(names.map((one) => [one, metrics[one]])),
    EPOCH: () => begins,
    FILL: (series: number | undefined, instead: number) => series ?? instead,
    IF: (condition: boolean, yes: number, no: number) => (condition ? yes : no),
  });
  if (value === undefined) return TreatMissingData === 'breaching';
  return ComparisonOperator === 'LessThanThreshold' ? value < Threshold : value > Threshold;
}

describe.each([
  ['SweepNotRun', 1],
  ['KeyStepOverdue', 3],
])('%s', (name, hours) => {
  const periods = alarm(name).Metrics.flatMap(({ MetricStat }) => MetricStat?.Period ?? []);

  test('looks at periods that hold several runs', () => {
    expect(new Set(periods)).toEqual(new Set([hours * HOUR]));
    expect(alarm(name).EvaluationPeriods).toBe(1);
  });

  test('is quiet after a first deployment, when nothing can have run yet', () => {
    expect(goesOff(name, DEPLOYED - hours * HOUR)).toBe(false);
    expect(goesOff(name, DEPLOYED - 60)).toBe(false);
  });

  test('goes off at silence as soon as a whole period could have been filled', () => {
    expect(goesOff(name, DEPLOYED + hours * HOUR)).toBe(true);
    expect(goesOff(name, DEPLOYED + 1000 * HOUR)).toBe(true);
  });
});

describe('a run', () => {
  const later = DEPLOYED + 1000 * HOUR;

  test('of the sweep counts if it did not fail', () => {
    expect(goesOff('SweepNotRun', later, { runs: 4 })).toBe(false);
    expect(goesOff('SweepNotRun', later, { runs: 4, failures: 3 })).toBe(false);
    expect(goesOff('SweepNotRun', later, { runs: 4, failures: 4 })).toBe(true);
  });

  test('of the rotation counts if no step is overdue', () => {
    expect(goesOff('KeyStepOverdue', later, { overdue: 0 })).toBe(false);
    expect(goesOff('KeyStepOverdue', later, { overdue: 7 })).toBe(true);
  });
});
