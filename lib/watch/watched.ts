/** When an alarm goes off, in the words of this project, and sums of metrics. */
import { Duration } from 'aws-cdk-lib';
import {
  type ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmId } from './alarm-list.ts';

export interface Watched {
  readonly metric: IMetric;
  readonly threshold: number;
  /** @default GREATER_THAN_THRESHOLD */
  readonly comparison?: ComparisonOperator;
  /** Periods in a row. @default 1 */
  readonly periods?: number;
  /** Whether silence is a good or a bad sign, or none at all. @default good */
  readonly silence?: Silence;
}

type Silence = 'good' | 'bad' | 'none';

export type WatchedAlarms = Partial<Record<AlarmId, Watched>>;

export const FIVE_MINUTES = Duration.minutes(5);

export const SILENCE: Readonly<Record<Silence, TreatMissingData>> = {
  good: TreatMissingData.NOT_BREACHING,
  bad: TreatMissingData.BREACHING,
  /** The alarm stays as it is. */
  none: TreatMissingData.IGNORE,
};

/** @param metrics at most ten: an alarm accepts no more */
export function sum(metrics: readonly IMetric[]): MathExpression {
  return combined(metrics, FIVE_MINUTES, (names) =>
    names.map((name) => `FILL(${name}, 0)`).join(' + '),
  );
}

export function least(metrics: readonly IMetric[], period: Duration): MathExpression {
  return combined(metrics, period, (names) => `MIN([${names.join(', ')}])`);
}

function combined(
  metrics: readonly IMetric[],
  period: Duration,
  expression: (names: readonly string[]) => string,
): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({
    expression: expression(Object.keys(usingMetrics)),
    usingMetrics,
    period,
  });
}
