/** The dashboard: business first, then the API, then what runs behind it. */
import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { METRICS } from '../../lambda/metrics/metric-names.ts';
import type { PackageApi } from '../api/package-api.ts';
import type { DownloadCdn } from '../cdn/download-cdn.ts';
import { LOG_DELIVERY_REGION as CDN_METRICS_REGION } from '../cdn/log-delivery.ts';
import type { ServiceFunction } from '../functions/service-function.ts';
import type { CatalogTable } from '../state/catalog-table.ts';
import type { Upkeep } from '../upkeep/upkeep.ts';
import { businessMetrics } from './business-metrics.ts';

export interface DashboardParts {
  readonly api: PackageApi;
  readonly functions: readonly ServiceFunction[];
  readonly table: CatalogTable;
  readonly upkeep: Upkeep;
  readonly cdn?: DownloadCdn;
  /** The value of METRICS_SERVICE. */
  readonly service: string;
}

const PERIOD = Duration.minutes(5);
const SUM = { statistic: Stats.SUM, period: PERIOD };

export function makeDashboard(scope: Construct, parts: DashboardParts): Dashboard {
  const { api, functions, table, upkeep, cdn, service } = parts;
  const business = businessMetrics(service);
  const dashboard = new Dashboard(scope, 'Dashboard');
  dashboard.addWidgets(
    graph('Uploads and links', [
      business.metric(METRICS.uploads, Stats.SUM, PERIOD),
      business.metric(METRICS.links, Stats.SUM, PERIOD),
    ]),
    graph('Uploaded bytes', [business.metric(METRICS.uploadedBytes, Stats.SUM, PERIOD)]),
    graph('Rejected uploads by reason', [business.byReason(METRICS.rejections, Stats.SUM, PERIOD)]),
  );
  dashboard.addWidgets(
    graph('API requests', [
      api.api.metricCount(SUM),
      api.api.metricClientError(SUM),
      api.api.metricServerError(SUM),
    ]),
    graph('API latency, ms', [
      api.api.metricLatency({ statistic: 'p50', period: PERIOD }),
      api.api.metricLatency({ statistic: 'p99', period: PERIOD }),
    ]),
    graph('Verification queue', [
      upkeep.verification.queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD }),
      upkeep.verification.queue.metricApproximateNumberOfMessagesNotVisible({ period: PERIOD }),
    ]),
  );
  dashboard.addWidgets(
    graph(
      'Errors of functions',
      functions.map((fn) => fn.metricErrors(SUM)),
    ),
    graph(
      'Duration of functions, p99, ms',
      functions.map((fn) => fn.metricDuration({ statistic: 'p99', period: PERIOD })),
    ),
    graph('Capacity of the table', [
      table.table.metricConsumedReadCapacityUnits(SUM),
      table.table.metricConsumedWriteCapacityUnits(SUM),
    ]),
  );
  if (cdn !== undefined) dashboard.addWidgets(...cdnGraphs(cdn));
  return dashboard;
}

/** A dashboard, unlike an alarm, looks into other regions. */
function cdnGraphs({ distribution }: DownloadCdn): readonly GraphWidget[] {
  const elsewhere = { period: PERIOD, region: CDN_METRICS_REGION };
  return [
    graph('CDN requests', [distribution.metricRequests(elsewhere)]),
    graph('CDN bytes sent', [distribution.metricBytesDownloaded(elsewhere)]),
    graph('CDN errors, per cent', [
      distribution.metric4xxErrorRate(elsewhere),
      distribution.metric5xxErrorRate(elsewhere),
    ]),
  ];
}

function graph(title: string, metrics: readonly IMetric[]): GraphWidget {
  return new GraphWidget({ title, left: [...metrics], width: 8 });
}
