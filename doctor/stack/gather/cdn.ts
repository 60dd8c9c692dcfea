/** Asks for the CDN: its distribution, its keys, and the quotas of the account. */
import {
  GetDistributionConfigCommand,
  GetKeyGroupCommand,
  ListKeyGroupsCommand,
  ListPublicKeysCommand,
} from '@aws-sdk/client-cloudfront';
import { z } from 'zod';
import type { KeyringDescription } from '../../../core/cdn-keys/describe-keys.ts';
import type { AwsOptions } from '../../../storage/aws/client-options.ts';
import { callFunction } from '../../../storage/aws/invoke-function.ts';
import { cloudFrontClient } from '../../../storage/cdn/cloudfront-client.ts';
import type { CdnFacts, Fact } from '../facts/facts.ts';
import { ask, mapFact } from './ask.ts';
import { askJson, SERVICE_QUOTAS } from './requests.ts';

/** Where CloudFront has its quotas. */
const CDN_REGION = 'us-east-1';
const QUOTA_PAGES = 20;

export interface CdnNames {
  readonly distributionId: string;
  readonly keyGroupId: string;
  readonly rotateFunction: string;
}

/** How clients of the SDK reach AWS, and how requests of our own do. */
export interface CdnReach {
  readonly options: AwsOptions;
  readonly rotation: AwsOptions;
  readonly quotas: AwsOptions;
}

export interface GatheredCdn {
  readonly facts: CdnFacts;
  /** Of the custom domain. */
  readonly certificateArn: Fact<string | undefined>;
}

export async function gatherCdn(
  { distributionId, keyGroupId, rotateFunction }: CdnNames,
  { options, rotation, quotas: ofQuotas }: CdnReach,
  signal: AbortSignal,
): Promise<GatheredCdn> {
  const client = cloudFrontClient(options);
  try {
    const [distribution, groupKeyIds, keyring, publicKeys, keyGroups, quotas] = await Promise.all([
      ask('cloudfront:GetDistributionConfig', signal, async () => {
        const { DistributionConfig } = await client.send(
          new GetDistributionConfigCommand({ Id: distributionId }),
        );
        return DistributionConfig;
      }),
      ask('cloudfront:GetKeyGroup', signal, async () => {
        const { KeyGroup } = await client.send(new GetKeyGroupCommand({ Id: keyGroupId }));
        return KeyGroup?.KeyGroupConfig?.Items ?? [];
      }),
      // The function shows the state of the keyring, so that private keys stay where they are.
      ask(
        'lambda:InvokeFunction',
        signal,
        async () =>
          (await callFunction(rotateFunction, { show: true }, rotation)) as KeyringDescription,
      ),
      ask('cloudfront:ListPublicKeys', signal, () =>
        count(async (Marker) => {
          const { PublicKeyList: page } = await client.send(
            new ListPublicKeysCommand(Marker === undefined ? {} : { Marker }),
          );
          return { found: page?.Items?.length ?? 0, next: page?.NextMarker };
        }),
      ),
      ask('cloudfront:ListKeyGroups', signal, () =>
        count(async (Marker) => {
          const { KeyGroupList: page } = await client.send(
            new ListKeyGroupsCommand(Marker === undefined ? {} : { Marker }),
          );
          return { found: page?.Items?.length ?? 0, next: page?.NextMarker };
        }),
      ),
      gatherQuotas({ ...ofQuotas, region: CDN_REGION }, signal),
    ]);
    const facts = {
      enabled: mapFact(distribution, (config) => config?.Enabled === true),
      trustedKeyGroups: mapFact(
        distribution,
        (config) => config?.DefaultCacheBehavior?.TrustedKeyGroups?.Items ?? [],
      ),
      keyGroupId,
      groupKeyIds,
      keyring,
      publicKeys,
      keyGroups,
      quotas,
    };
    const certificateArn = mapFact(
      distribution,
      (config) => config?.ViewerCertificate?.ACMCertificateArn,
    );
    return { facts, certificateArn };
  } finally {
    client.destroy();
  }
}

async function count(
  page: (marker: string | undefined) => Promise<{ found: number; next: string | undefined }>,
): Promise<number> {
  let total = 0;
  let marker: string | undefined;
  do {
    const { found, next } = await page(marker);
    total += found;
    marker = next === '' ? undefined : next;
  } while (marker !== undefined);
  return total;
}

const QUOTAS = z.object({
  Quotas: z.array(z.object({ QuotaName: z.string(), Value: z.number() })),
  NextToken: z.string().nullish(),
});

/** Those of the account; the account's list leaves out what was never changed. */
async function gatherQuotas(options: AwsOptions, signal: AbortSignal): Promise<CdnFacts['quotas']> {
  const applied = await ask('servicequotas:ListServiceQuotas', signal, () =>
    listQuotas('ListServiceQuotas', options),
  );
  if ('unknown' in applied) return applied;
  const initial = await ask('servicequotas:ListAWSDefaultServiceQuotas', signal, () =>
    listQuotas('ListAWSDefaultServiceQuotas', options),
  );
  return mapFact(initial, (list) => {
    const quota = (name: RegExp) =>
      [...applied.value, ...list].find(({ QuotaName }) => name.test(QuotaName))?.Value;
    return {
      publicKeys: quota(/^public keys (per|in)\b.*account/i),
      keyGroups: quota(/^key groups (per|in)\b.*account/i),
    };
  });
}

async function listQuotas(operation: string, options: AwsOptions) {
  const found: z.infer<typeof QUOTAS>['Quotas'] = [];
  let NextToken: string | null | undefined;
  for (let page = 0; page < QUOTA_PAGES; page += 1) {
    const input = { ServiceCode: 'cloudfront', MaxResults: 100, ...(NextToken && { NextToken }) };
    const answer = await askJson(SERVICE_QUOTAS, operation, input, options);
    const { Quotas, NextToken: next } = QUOTAS.parse(answer);
    found.push(...Quotas);
    NextToken = next;
    if (!NextToken) break;
  }
  return found;
}
