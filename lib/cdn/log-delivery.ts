/** Which fields of a request to the CDN are logged, and under which path, in every region. */

/** The only region that accepts API calls for CloudFront's logs; the bucket may be anywhere. */
export const LOG_DELIVERY_REGION = 'us-east-1';

/**
 * Left out on purpose: `cs-uri-query`, which holds signatures, `cs(Referer)` and `cs(Cookie)`.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
 */
export const LOG_FIELDS = [
  'date',
  'time',
  'x-edge-location',
  'sc-bytes',
  'c-ip',
  'cs-method',
  'cs(Host)',
  'cs-uri-stem',
  'sc-status',
  'cs(User-Agent)',
  'x-edge-result-type',
  'x-edge-request-id',
  'x-host-header',
  'cs-protocol',
  'cs-bytes',
  'time-taken',
  'ssl-protocol',
  'x-edge-response-result-type',
  'cs-protocol-version',
  'time-to-first-byte',
  'x-edge-detailed-result-type',
  'sc-content-type',
  'sc-content-len',
  'sc-range-start',
  'sc-range-end',
] as const;

/** One delivery, in whichever region it is made. */
export interface LogDelivery {
  /** Of the source and of the destination. */
  readonly name: string;
  /** What is logged. */
  readonly resourceArn: string;
  readonly bucketArn: string;
  readonly fields: readonly string[];
}

/** Below AWSLogs/{account}/CloudFront/: one folder an hour. */
export const LOG_PATH = '{DistributionId}/{yyyy}/{MM}/{dd}/{HH}';
