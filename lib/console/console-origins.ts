/** From where the console calls the API and uploads to the bucket. */
import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StageSettings } from '../stage/stage-settings.ts';

/** Says so where the distribution is missing that a console needs. */
export function hasConsole(scope: Construct, { console, downloads }: StageSettings): boolean {
  if (console && downloads === 's3')
    Annotations.of(scope).addInfo(
      'There is no console, because a distribution serves it, and downloads is s3.',
    );
  return console && downloads === 'cdn';
}

/** The origins that may call the API, with that of the console. */
export function apiOrigins({ corsOrigins }: StageSettings, cdnHost: string | undefined) {
  return cdnHost === undefined ? corsOrigins : withOrigin(corsOrigins, cdnHost);
}

/**
 * The origins that may upload to the bucket, with that of the console. The distribution names the
 * bucket, so CloudFormation can not name the distribution's own host in the bucket: without a domain
 * of yours every distribution of CloudFront is allowed. It still needs a signed URL.
 */
export function bucketOrigins({ corsOrigins }: StageSettings, cdnHost = '*.cloudfront.net') {
  return withOrigin(corsOrigins, cdnHost);
}

function withOrigin(origins: readonly string[], host: string): readonly string[] {
  return origins.includes('*') ? origins : [...new Set([...origins, `https://${host}`])];
}
