/** Names of the business metrics: functions write them, alarms and the dashboard read them. */

export const METRICS_NAMESPACE = 'Stowage';

/** Dimensions: which deployment, and why an upload was rejected (an error code). */
export const DIMENSIONS = { service: 'service', reason: 'reason' } as const;

export const METRICS = {
  /** Packages that became available, counted once each. */
  uploads: 'UploadsPublished',
  /** Their bytes. */
  uploadedBytes: 'UploadedBytes',
  /** Uploads that ended because of their bytes; also by reason. */
  rejections: 'UploadsRejected',
  /** Download links that were signed. */
  links: 'LinksIssued',
  /** By how much the next step of the CDN's keys is late; 0 where none is. Written at every run of the rotation. */
  keyStepOverdueSeconds: 'CdnKeyStepOverdueSeconds',
} as const;

export type MetricName = (typeof METRICS)[keyof typeof METRICS];
