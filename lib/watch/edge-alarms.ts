/** Alarms of the CDN, of certificates and of copies in a second region. */
import { Duration } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ComparisonOperator, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { DownloadCdn } from '../cdn/download-cdn.ts';
import type { PackageBucket } from '../state/package-bucket.ts';
import { FIVE_MINUTES, least, type WatchedAlarms } from './watched.ts';

/** Certificate Manager writes its metric twice a day. */
const DAY = Duration.days(1);

export function cdnAlarms({ distribution }: DownloadCdn): WatchedAlarms {
  return {
    CdnFaults: {
      metric: distribution.metric5xxErrorRate({ statistic: Stats.AVERAGE, period: FIVE_MINUTES }),
      // Per cent.
      threshold: 1,
      periods: 3,
    },
  };
}

/** @param arns certificates of the stack's region: an alarm can not read metrics of another */
export function certificateAlarms(scope: Construct, arns: readonly string[]): WatchedAlarms {
  if (arns.length === 0) return {};
  const metrics = arns.map((arn, index) =>
    Certificate.fromCertificateArn(scope, `Certificate${index}`, arn).metricDaysToExpiry({
      statistic: Stats.MINIMUM,
      period: DAY,
    }),
  );
  return {
    CertificateExpires: {
      metric: least(metrics, DAY),
      // Certificate Manager renews its own 60 days before they expire.
      threshold: 30,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      // The metric ends when the certificate does.
      silence: 'none',
    },
  };
}

export function replicationAlarms(bucket: PackageBucket): WatchedAlarms {
  const metric = bucket.metricFailedReplication({ statistic: Stats.SUM, period: FIVE_MINUTES });
  return metric === undefined ? {} : { ReplicationFailed: { metric, threshold: 0 } };
}
