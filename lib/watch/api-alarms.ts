/** Alarms of the API: faults, many or a large share, slow answers, and refused requests. */
import { Duration, Stack } from 'aws-cdk-lib';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { METRICS, METRICS_NAMESPACE } from '../../lambda/metrics/metric-names.ts';
import type { PackageApi } from '../api/package-api.ts';
import { businessMetrics } from './business-metrics.ts';
import { FIVE_MINUTES, type WatchedAlarms } from './watched.ts';

const HALF_AN_HOUR = Duration.minutes(30);

export function apiAlarms(scope: Construct, { api, accessLog }: PackageApi): WatchedAlarms {
  const throttled = new MetricFilter(scope, 'Throttled', {
    logGroup: accessLog,
    filterPattern: FilterPattern.stringValue('$.status', '=', '429'),
    // A filter can not write a constant as a dimension, so the deployment is in the namespace.
    metricNamespace: `${METRICS_NAMESPACE}/${Stack.of(scope).stackName}`,
    metricName: 'Throttled',
    metricValue: '1',
  });
  const sum = (period: Duration) => ({ statistic: Stats.SUM, period });
  return {
    ApiFaults: { metric: api.metricServerError(sum(FIVE_MINUTES)), threshold: 5, periods: 2 },
    ApiFaultShare: {
      metric: new MathExpression({
        // One failure is none: callers try again.
        expression: 'IF(FILL(faults, 0) > 1, 100 * faults / requests, 0)',
        usingMetrics: {
          faults: api.metricServerError(sum(HALF_AN_HOUR)),
          requests: api.metricCount(sum(HALF_AN_HOUR)),
        },
        period: HALF_AN_HOUR,
        label: 'Answers that are 5xx, per cent',
      }),
      threshold: 10,
    },
    ApiLatency: {
      metric: api.metricLatency({ statistic: 'p99', period: FIVE_MINUTES }),
      // Milliseconds: more than any cold start.
      threshold: 5_000,
      periods: 3,
    },
    TokensRefused: {
      metric: businessMetrics(Stack.of(scope).stackName).metric(
        METRICS.refusedTokens,
        Stats.SUM,
        FIVE_MINUTES,
      ),
      // Ten a second; a pipeline that tries again and again makes far fewer.
      threshold: 3_000,
      periods: 2,
    },
    ApiThrottles: { metric: throttled.metric(sum(FIVE_MINUTES)), threshold: 50, periods: 2 },
  };
}
