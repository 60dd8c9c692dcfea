/** The metrics that functions write into their logs (lambda/metrics/), as alarms and the dashboard read them. */
import type { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  DIMENSIONS,
  METRICS_NAMESPACE,
  type MetricName,
} from '../../lambda/metrics/metric-names.ts';

/** @param service the value of METRICS_SERVICE */
export function businessMetrics(service: string) {
  return {
    metric(metricName: MetricName, statistic: string, period: Duration): Metric {
      const dimensionsMap = { [DIMENSIONS.service]: service };
      return new Metric({
        namespace: METRICS_NAMESPACE,
        metricName,
        dimensionsMap,
        statistic,
        period,
      });
    },
    /** One line per reason; CloudWatch finds the reasons itself. */
    byReason(metricName: MetricName, statistic: string, period: Duration): MathExpression {
      const names = [METRICS_NAMESPACE, DIMENSIONS.service, DIMENSIONS.reason].join(',');
      const search = `{${names}} MetricName="${metricName}" ${DIMENSIONS.service}="${service}"`;
      const expression = `SEARCH('${search}', '${statistic}', ${period.toSeconds()})`;
      return new MathExpression({ expression, usingMetrics: {}, period, label: '' });
    },
  };
}
