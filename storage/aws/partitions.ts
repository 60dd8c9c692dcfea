/** The domains of AWS. A test compares them with those that the SDK's clients find. */

/**
 * Regions that begin with none of these are in the partition `aws`, or use its domain.
 * https://docs.aws.amazon.com/general/latest/gr/s3.html
 */
const PARTITIONS: readonly (readonly [RegExp, string])[] = [
  [/^cn-/, 'amazonaws.com.cn'],
  [/^eusc-/, 'amazonaws.eu'],
  [/^us-iso-/, 'c2s.ic.gov'],
  [/^us-isob-/, 'sc2s.sgov.gov'],
  [/^eu-isoe-/, 'cloud.adc-e.uk'],
  [/^us-isof-/, 'csp.hci.ic.gov'],
];

export function domainOf(region: string): string {
  return PARTITIONS.find(([pattern]) => pattern.test(region))?.[1] ?? 'amazonaws.com';
}
