/** The settings of the functions on AWS beside those of any server: their names, which lib/ grants, and what each may be. */

export const AWS_ENV = {
  /** Host of the distribution. */
  cdnDomain: 'CDN_DOMAIN',
  /** ARN or name of the secret that holds the CDN's keys. */
  cdnKeyring: 'CDN_KEYRING',
  cdnKeyGroupId: 'CDN_KEY_GROUP_ID',
  cdnDistributionId: 'CDN_DISTRIBUTION_ID',
  /** How long a new key waits before it signs. */
  cdnKeyOverlapSeconds: 'CDN_KEY_OVERLAP_SECONDS',
  /** How old a key grows that signs. */
  cdnKeyMaxAgeSeconds: 'CDN_KEY_MAX_AGE_SECONDS',
  /** How long links are signed by a keyring that can't be read again; the same for who signs and who rotates. */
  cdnKeyringStaleSeconds: 'CDN_KEYRING_STALE_SECONDS',
  verificationQueueUrl: 'VERIFICATION_QUEUE_URL',
  /** ARN or name of the secret whose text is the key that cursors are derived from. */
  urlSigningKeySecret: 'URL_SIGNING_KEY_SECRET',
  logLevel: 'LOG_LEVEL',
  /** Which deployment business metrics belong to; not set: none are written. */
  metricsService: 'METRICS_SERVICE',
  /** Bucket in a second region that every package is copied to, and its region. */
  replicaBucket: 'REPLICA_BUCKET',
  replicaRegion: 'REPLICA_REGION',
} as const;
