/**
 * How long a store keeps unfinished multipart uploads. No API says it, so the server's name must
 * do.
 */
import type { S3Bucket } from '../bucket/s3-bucket.ts';
import type { SdkS3Client } from '../requests/sdk-client.ts';

/**
 * MinIO's default `stale_uploads_expiry` (mc admin config set ALIAS api), from the begin of an
 * upload.
 */
const MINIO_KEEPS_SECONDS = 86_400;

export interface StaleUploads {
  readonly server: string;
  readonly keptSeconds: number;
}

/** Undefined if the server is not known to drop uploads. */
export function staleUploadsOf(server: string | undefined): StaleUploads | undefined {
  return server !== undefined && /^minio\b/i.test(server)
    ? { server, keptSeconds: MINIO_KEEPS_SECONDS }
    : undefined;
}

/** The `Server` header of the response to `work`; undefined if there is none. */
export async function serverNamed(
  { client }: S3Bucket<SdkS3Client>,
  work: (client: SdkS3Client) => Promise<unknown>,
): Promise<string | undefined> {
  let server: string | undefined;
  const name = 'serverNamed';
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      server = headerOf(result.response, 'server') ?? server;
      return result;
    },
    { step: 'deserialize', priority: 'low', name, override: true },
  );
  try {
    await work(client);
  } finally {
    client.middlewareStack.remove(name);
  }
  return server;
}

function headerOf(response: unknown, name: string): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response))
    return undefined;
  return (response.headers as Readonly<Record<string, string | undefined>>)[name];
}
