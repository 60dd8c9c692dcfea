/** How long a store keeps uploads in parts that are under way, as far as its name tells: no store tells it when asked. */
import type { S3Bucket } from './s3-bucket.ts';

/** MinIO's default of `stale_uploads_expiry` (mc admin config set ALIAS api), counted from the begin of an upload. */
const MINIO_KEEPS_SECONDS = 86_400;

export interface StaleUploads {
  readonly server: string;
  readonly keptSeconds: number;
}

/** Undefined for a server that is not known to drop uploads by itself. */
export function staleUploadsOf(server: string | undefined): StaleUploads | undefined {
  return server !== undefined && /^minio\b/i.test(server)
    ? { server, keptSeconds: MINIO_KEEPS_SECONDS }
    : undefined;
}

/** What the server calls itself in the answer to `work`; undefined where it keeps its name to itself. */
export async function serverNamed(
  { client }: S3Bucket,
  work: (client: S3Bucket['client']) => Promise<unknown>,
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
