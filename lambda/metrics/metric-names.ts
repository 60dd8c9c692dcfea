/** Names of the business metrics, which functions write, and alarms and the dashboard read. */

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
  /** Answers that depend on a rollout: to clients that it includes. */
  rolloutInside: 'RolloutInside',
  /** To clients that it does not include. */
  rolloutOutside: 'RolloutOutside',
  /** To clients that send no id. */
  rolloutWithoutId: 'RolloutWithoutId',
  /** Requests with a token that is unknown, expired, revoked or malformed. */
  refusedTokens: 'TokensRefused',
  /** How late the next step of the key rotation is; 0 where none is. Written at every run of it. */
  keyStepOverdueSeconds: 'CdnKeyStepOverdueSeconds',
} as const;

export type MetricName = (typeof METRICS)[keyof typeof METRICS];
