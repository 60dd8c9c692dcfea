/**
 * The keys and indexes of the table, and where each item is stored. docs/dynamodb.md has the access
 * patterns and their cost.
 */
import { createHash } from 'node:crypto';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { TABLE } from '../../core/layout.ts';
import type { PackageRef } from '../../core/names.ts';
import { normalName } from '../../core/naming/filenames.ts';

/** The keys of an item. */
export interface Place {
  readonly pk: string;
  readonly sk: string;
}

/**
 * Every upload is added to the sweep's index and removed again. With one partition (1,000 write
 * units a second), the whole service could take about 500 uploads a second.
 *
 * Do not change this number: uploads under way in the old partitions would no longer be found.
 */
const SWEEP_SHARDS = 8;

/** The values of `sweep`. */
export const SWEEP_PARTITIONS: readonly string[] = Array.from(
  { length: SWEEP_SHARDS },
  (_, shard) => `unfinished-${shard}`,
);

export function sweepPartition(ref: PackageRef): string {
  const hash = createHash('sha256').update(`${ref.versionId}/${ref.packageId}`).digest();
  return `unfinished-${hash.readUInt8() % SWEEP_SHARDS}`;
}

/**
 * All packages of a version are stored together, in the order of their names, so that a page is one
 * query. There is no local index, which would keep them in one partition: DynamoDB can split a
 * version with much traffic between two of its packages.
 */
export function packagesOf(versionId: string): string {
  return `${TABLE.partition.packages}${versionId}`;
}

export function packagePlace(ref: PackageRef): Place {
  return { pk: packagesOf(ref.versionId), sk: ref.packageId };
}

/** Where the packages with a digest are named, by version and packageId. */
export function packagesWith(sha256: string): string {
  return `${TABLE.partition.digests}${sha256}`;
}

/** Ids contain no slash. */
export function digestPlace(sha256: string, { versionId, packageId }: PackageRef): Place {
  return { pk: packagesWith(sha256), sk: `${versionId}/${packageId}` };
}

export function versionPlace(versionId: string): Place {
  return { pk: TABLE.partition.versions, sk: versionId };
}

export function channelPlace(channel: string): Place {
  return { pk: TABLE.partition.channels, sk: channel };
}

export function tokenPlace(tokenId: string): Place {
  return { pk: TABLE.partition.tokens, sk: tokenId };
}

/** The entry of a tokenId that has no tag of this table: token-ids.ts. */
export function tokenIdPlace(tokenId: string): Place {
  return { pk: TABLE.partition.tokenIds, sk: tokenId };
}

/** The key of the tags; no tokenId begins with `#`. */
export const TOKEN_KEY_PLACE: Place = { pk: TABLE.partition.tokenIds, sk: '#key' };

export function linkPlace(linkId: string): Place {
  return { pk: TABLE.partition.links, sk: linkId };
}

export function trustPlace(ruleId: string): Place {
  return { pk: TABLE.partition.trust, sk: ruleId };
}

export function checkPlace(checkId: string): Place {
  return { pk: TABLE.partition.checks, sk: checkId };
}

export function usedPlace(key: string): Place {
  return { pk: TABLE.partition.used, sk: key };
}

/** @param position of the event: its time, and what makes it unique */
export function auditPlace(position: string): Place {
  return { pk: TABLE.partition.audit, sk: position };
}

export function auditDayPlace(day: string): Place {
  return { pk: TABLE.partition.auditDays, sk: day };
}

/** The keys of the claim on a name in a version: claims.ts. */
export function claimPlace(versionId: string, name: string): Place {
  return { pk: `${TABLE.partition.names}${versionId}`, sk: normalName(name) };
}

/** The definition of the table, used to create it and to check it. */
export function tableDefinition(tableName: string): CreateTableCommandInput {
  const { newestVersions, unfinished } = TABLE.index;
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
      { AttributeName: 'newest', AttributeType: 'S' },
      { AttributeName: 'sweep', AttributeType: 'S' },
      { AttributeName: 'touchedAt', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: newestVersions.name,
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'newest', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
      {
        IndexName: unfinished.name,
        KeySchema: [
          { AttributeName: 'sweep', KeyType: 'HASH' },
          { AttributeName: 'touchedAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  };
}
