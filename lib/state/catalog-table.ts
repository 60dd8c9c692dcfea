/**
 * The one table of the catalog; its keys and indexes are in core/layout.ts. It is a global table
 * with one region, so that regions can be added to it (decision 35).
 */

import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { TABLE } from '../../core/layout.ts';
import { ENV } from '../../open/settings/env.ts';

export interface CatalogTableProps {
  /** Whether DynamoDB refuses to delete the table. @default false */
  readonly deletionProtection?: boolean;
  /** @default RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** Kinds of records, each in its own partitions: a grant to write names the kinds. */
export type RecordKind = keyof typeof TABLE.partition;

export class CatalogTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: CatalogTableProps = {}) {
    super(scope, id);
    const { newestVersions, unfinished } = TABLE.index;
    const text = (name: string) => ({ name, type: AttributeType.STRING });
    this.table = new TableV2(this, 'Table', {
      partitionKey: text(TABLE.key.partition),
      sortKey: text(TABLE.key.sort),
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Only tokens have it, a month after they expire: storage/dynamo/items.ts.
      timeToLiveAttribute: TABLE.expiryAttribute,
      deletionProtection: props.deletionProtection ?? false,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: newestVersions.name,
      partitionKey: text(newestVersions.partition),
      sortKey: text(newestVersions.sort),
    });
    this.table.addGlobalSecondaryIndex({
      indexName: unfinished.name,
      partitionKey: text(unfinished.partition),
      sortKey: text(unfinished.sort),
    });
  }

  /** Lets `fn` read records by their keys. */
  grantRead(fn: LambdaFunction): void {
    this.#passNames(fn);
    this.#allow(fn, ['dynamodb:GetItem', 'dynamodb:BatchGetItem'], this.table.tableArn);
  }

  /** Lets `fn` look through the packages of a version. */
  grantQuery(fn: LambdaFunction): void {
    this.#passNames(fn);
    this.#allow(fn, ['dynamodb:Query'], this.table.tableArn);
  }

  /** Lets `fn` count downloads of links for people, and change nothing else. */
  grantCountDownloads(fn: LambdaFunction): void {
    this.#passNames(fn);
    this.#write(fn, ['dynamodb:UpdateItem'], ['links']);
  }

  /** Lets `fn` list records, but not what is unfinished. */
  grantList(fn: LambdaFunction): void {
    this.grantQuery(fn);
    this.#allow(fn, ['dynamodb:Query'], this.#indexArn(TABLE.index.newestVersions.name));
  }

  /** Lets `fn` write records of these kinds only: publishing, for example, can make no token. */
  grantWrite(fn: LambdaFunction, kinds: readonly RecordKind[]): void {
    this.#passNames(fn);
    this.#write(fn, ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'], kinds);
  }

  /** Lets `fn` list unfinished uploads: to sweep them, or to count pending bytes. */
  grantReadUnfinished(fn: LambdaFunction): void {
    this.#passNames(fn);
    this.#allow(fn, ['dynamodb:Query'], this.#indexArn(TABLE.index.unfinished.name));
  }

  #passNames(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.catalogType, 'dynamodb');
    fn.addEnvironment(ENV.tableName, this.table.tableName);
  }

  #write(fn: LambdaFunction, actions: readonly string[], kinds: readonly RecordKind[]): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: [...actions],
        resources: [this.table.tableArn],
        conditions: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds.map(leadingKey) },
        },
      }),
    );
  }

  #allow(fn: LambdaFunction, actions: readonly string[], arn: string): void {
    fn.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: [arn] }));
  }

  #indexArn(index: string): string {
    return `${this.table.tableArn}/index/${index}`;
  }
}

/** What `dynamodb:LeadingKeys` of this kind look like; packages and their names have one partition per version. */
function leadingKey(kind: RecordKind): string {
  const key = TABLE.partition[kind];
  return kind === 'packages' || kind === 'names' ? `${key}*` : key;
}
