/**
 * Writes business metrics as lines of the log, which CloudWatch turns into metrics (embedded metric
 * format), so that a request waits for no call.
 */
import type { Clock } from '../../core/clock.ts';
import { DIMENSIONS, METRICS, METRICS_NAMESPACE, type MetricName } from './metric-names.ts';

/** Everything not listed is a count. */
const UNITS: Partial<Record<MetricName, string>> = {
  [METRICS.uploadedBytes]: 'Bytes',
  [METRICS.keyStepOverdueSeconds]: 'Seconds',
};

export type Measurements = Readonly<Partial<Record<MetricName, number>>>;

/** @param reason an error code; the measurements then count in total and by reason */
export type WriteMetrics = (measurements: Measurements, reason?: string) => void;

export interface MetricsOptions {
  /** Undefined where nothing is written. */
  readonly service: string | undefined;
  readonly clock: Clock;
  /**
   * Takes one line with its line end. Not `console.log`: Lambda puts a prefix before its lines that
   * CloudWatch can't parse.
   */
  readonly write: (line: string) => void;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
export function metricsWriter({ service, clock, write }: MetricsOptions): WriteMetrics {
  if (service === undefined) return () => {};
  return (measurements, reason) => {
    const sum = [DIMENSIONS.service];
    const definition = {
      Namespace: METRICS_NAMESPACE,
      Dimensions: reason === undefined ? [sum] : [sum, [...sum, DIMENSIONS.reason]],
      Metrics: Object.keys(measurements).map((name) => ({
        Name: name,
        Unit: UNITS[name as MetricName] ?? 'Count',
      })),
    };
    const line = {
      _aws: { Timestamp: clock().getTime(), CloudWatchMetrics: [definition] },
      [DIMENSIONS.service]: service,
      ...(reason === undefined ? {} : { [DIMENSIONS.reason]: reason }),
      ...measurements,
    };
    write(`${JSON.stringify(line)}\n`);
  };
}
