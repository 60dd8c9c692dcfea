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
  verificationQueueUrl: 'VERIFICATION_QUEUE_URL',
  /** ARN or name of the secret whose text is the key that cursors are derived from. */
  urlSigningKeySecret: 'URL_SIGNING_KEY_SECRET',
  logLevel: 'LOG_LEVEL',
} as const;
