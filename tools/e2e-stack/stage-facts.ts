/** What a deployed stage is like, as far as it decides what can be verified there. */
import { GetBucketCorsCommand } from '@aws-sdk/client-s3';
import type { DeployedStack } from '../../test/support/deployed/deployed-stack.ts';

export interface StageFacts {
  readonly hasCdn: boolean;
  readonly hasConsole: boolean;
  readonly publicDownloads: boolean;
  /** @default none */
  readonly corsOrigin?: string;
  /** As the service says it. */
  readonly release: string;
}

export async function readStageFacts(stack: DeployedStack): Promise<StageFacts> {
  const { PUBLIC_DOWNLOADS } = await stack.function('Download').environment();
  const corsOrigin = await firstCorsOrigin(stack);
  return {
    hasCdn: stack.outputs['CdnDomain'] !== undefined,
    hasConsole: stack.outputs['ConsoleUrl'] !== undefined,
    publicDownloads: PUBLIC_DOWNLOADS === 'true',
    release: await releaseOf(stack.output('ApiUrl')),
    ...(corsOrigin === undefined ? {} : { corsOrigin }),
  };
}

/**
 * Bucket and API are given the same origins, except that of a console without a domain of its own,
 * which the bucket knows by a pattern.
 */
async function firstCorsOrigin(stack: DeployedStack): Promise<string | undefined> {
  try {
    const { CORSRules } = await stack.s3.send(
      new GetBucketCorsCommand({ Bucket: stack.output('BucketName') }),
    );
    const first = CORSRules?.[0]?.AllowedOrigins?.[0];
    return first?.includes('*.') ? new URL(stack.output('ConsoleUrl')).origin : first;
  } catch (error) {
    if ((error as Error).name === 'NoSuchCORSConfiguration') return undefined;
    throw error;
  }
}

async function releaseOf(url: string): Promise<string> {
  const answer = await fetch(`${url}/healthz`);
  if (!answer.ok) throw new Error(`${url}/healthz answered ${answer.status}`);
  return ((await answer.json()) as { readonly version: string }).version;
}
