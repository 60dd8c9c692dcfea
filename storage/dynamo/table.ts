/** The one table: its keys, its indexes and where everything lies in it. docs/dynamodb.md has the access patterns and their cost. */

import { createHash } from 'node:crypto';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { TABLE } from '../../core/layout.ts';
import type { PackageRef } from '../../core/names.ts';
import { normalName } from '../../core/naming/filenames.ts';

/** Where an item lies. */
export interface Place {
  readonly pk: string;
  readonly sk: string;
}

/**
 * Every upload enters the index of the unfinished and leaves it again, at times that only rise: one partition of it would bound the
 * whole service to some 500 uploads a second (1,000 write units). Changing this number strands what is under way.
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
 * A version's packages lie together, in the order of their names, so that a page is one query. No local index binds them to one
 * partition: DynamoDB divides a version that gets hot between two of its packages.
 */
export function packagesOf(versionId: string): string {
  return `${TABLE.partition.packages}${versionId}`;
}

export function packagePlace(ref: PackageRef): Place {
  return { pk: packagesOf(ref.versionId), sk: ref.packageId };
}

/** Who holds a name in a version: claims.ts. */
export function claimPlace(versionId: string, name: string): Place {
  return { pk: `${TABLE.partition.names}${versionId}`, sk: normalName(name) };
}

/** The table as it must be: for tests, for a first start, and for who describes it elsewhere. */
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
