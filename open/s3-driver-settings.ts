/** Turns the settings of S3 into those of its driver, without loading the driver. */
import { withoutUndefined } from '../core/without-undefined.ts';
import type { S3Settings } from '../storage/s3/bucket/s3-settings.ts';
import type { S3Config } from './settings/s3-settings.ts';

export function s3Settings(config: S3Config): S3Settings {
  const { s3AccessKey, s3SecretKey, s3SessionToken, s3Endpoint, s3PublicEndpoint, s3Prefix } =
    config;
  const hasKeys = s3AccessKey !== undefined && s3SecretKey !== undefined;
  return {
    bucket: config.s3Bucket,
    region: config.s3Region,
    ...(hasKeys && {
      credentials: {
        accessKeyId: s3AccessKey,
        secretAccessKey: s3SecretKey,
        ...withoutUndefined({ sessionToken: s3SessionToken }),
      },
    }),
    ...withoutUndefined({ endpoint: s3Endpoint, publicEndpoint: s3PublicEndpoint }),
    addressing: config.s3Addressing,
    integrity: config.s3Integrity,
    ...withoutUndefined({ prefix: s3Prefix }),
  };
}
