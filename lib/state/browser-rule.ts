/** The CORS rule of the bucket of packages. */
import { type CorsRule, HttpMethods } from 'aws-cdk-lib/aws-s3';

/** Browsers upload to the bucket itself and, where there is no CDN, download from it. */
export function browserRule(origins: readonly string[]): CorsRule {
  return {
    allowedOrigins: [...origins],
    allowedMethods: [HttpMethods.PUT, HttpMethods.GET, HttpMethods.HEAD],
    allowedHeaders: ['*'],
    exposedHeaders: [
      'ETag',
      'x-amz-checksum-sha256',
      'Content-Disposition',
      'Content-Range',
      'Accept-Ranges',
    ],
    maxAge: 600,
  };
}
