/** The settings of S3 as its driver takes them; loads no driver. */
import type { S3Settings } from '../storage/s3/bucket/s3-settings.ts';
import type { S3Config } from './settings/s3-settings.ts';

export function s3Settings(config: S3Config): S3Settings {
  const { s3AccessKey, s3SecretKey, s3SessionToken, s3Endpoint, s3PublicEndpoint, s3Prefix } =
    config;
  const hasKeys = s3AccessKey !== undefined && s3SecretKey !== undefined;
  const session = s3SessionToken === undefined ? {} : { sessionToken: s3SessionToken };
  return {
    bucket: config.s3Bucket,
    region: config.s3Region,
    ...(hasKeys && {
      credentials: { accessKeyId: s3AccessKey, secretAccessKey: s3SecretKey, ...session },
    }),
    ...(s3Endpoint !== undefined && { endpoint: s3Endpoint }),
    ...(s3PublicEndpoint !== undefined && { publicEndpoint: s3PublicEndpoint }),
    addressing: config.s3Addressing,
    integrity: config.s3Integrity,
    ...(s3Prefix !== undefined && { prefix: s3Prefix }),
  };
}
