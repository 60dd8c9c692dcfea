/** The names of the settings that only functions on AWS have. The constructs in lib/ set them. */
export const AWS_ENV = {
  /** The host name of the distribution. */
  cdnDomain: 'CDN_DOMAIN',
  /** The ARN or name of the secret that holds the keyring. */
  cdnKeyring: 'CDN_KEYRING',
  cdnKeyGroupId: 'CDN_KEY_GROUP_ID',
  cdnDistributionId: 'CDN_DISTRIBUTION_ID',
  /** How long a spare is trusted before it may sign. */
  cdnKeyOverlapSeconds: 'CDN_KEY_OVERLAP_SECONDS',
  /** How old a signer may get before the keys are rotated. */
  cdnKeyMaxAgeSeconds: 'CDN_KEY_MAX_AGE_SECONDS',
  /**
   * How long links are signed with a keyring that cannot be read again. The functions that sign and
   * the function that rotates need the same value.
   */
  cdnKeyringStaleSeconds: 'CDN_KEYRING_STALE_SECONDS',
  verificationQueueUrl: 'VERIFICATION_QUEUE_URL',
  /** The ARN or name of the secret from which the key of the cursors is derived. */
  urlSigningKeySecret: 'URL_SIGNING_KEY_SECRET',
  logLevel: 'LOG_LEVEL',
  /** The deployment that business metrics are written for. Without it none are written. */
  metricsService: 'METRICS_SERVICE',
  /** The event bus that changes of packages and channels are announced to. */
  eventBusName: 'EVENT_BUS_NAME',
  /** The replica (a bucket in a second region that gets every package), and its region. */
  replicaBucket: 'REPLICA_BUCKET',
  replicaRegion: 'REPLICA_REGION',
} as const;
