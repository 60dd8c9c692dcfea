/**
 * The one table of the catalog; its keys and indexes are in core/layout.ts. It is a global table
 * with one region, so that regions can be added to it (decision 35).
 */

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type ITable,
  StreamViewType,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  FilterCriteria,
  FilterRule,
  type Function as LambdaFunction,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { TABLE } from '../../core/layout.ts';
import { ENV } from '../../open/settings/env.ts';
import { type AnyTable, takeTable } from './given-table.ts';

export interface CatalogTableProps {
  /** A table that is there; no other property concerns it. @default one is made */
  readonly table?: AnyTable;
  /** Whether DynamoDB refuses to delete the table. @default false */
  readonly deletionProtection?: boolean;
  /** Whether the table keeps a stream of its changes, for `sendChanges`. @default false */
  readonly hasStream?: boolean;
  /** @default RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** Kinds of records, each in its own partitions: a grant to write names the kinds. */
export type RecordKind = keyof typeof TABLE.partition;

/** Kinds with one partition for each version. */
const PER_VERSION: readonly RecordKind[] = ['packages', 'names', 'digests'];

/** What a caller of DynamoDB needs where a table has a key of its owner. */
const KEY_TO_USE = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:DescribeKey',
];

export class CatalogTable extends Construct {
  readonly table: AnyTable;

  constructor(scope: Construct, id: string, props: CatalogTableProps = {}) {
    super(scope, id);
    const { newestVersions, unfinished } = TABLE.index;
    const text = (name: string) => ({ name, type: AttributeType.STRING });
    if (props.table !== undefined) {
      this.table = props.table;
      takeTable(this, props.table, props.hasStream ?? false);
      return;
    }
    const table = new TableV2(this, 'Table', {
      partitionKey: text(TABLE.key.partition),
      sortKey: text(TABLE.key.sort),
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Only tokens have it, a month after they expire: storage/dynamo/items.ts.
      timeToLiveAttribute: TABLE.expiryAttribute,
      deletionProtection: props.deletionProtection ?? false,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      ...(props.hasStream === true ? { dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES } : {}),
    });
    table.addGlobalSecondaryIndex({
      indexName: newestVersions.name,
      partitionKey: text(newestVersions.partition),
      sortKey: text(newestVersions.sort),
    });
    table.addGlobalSecondaryIndex({
      indexName: unfinished.name,
      partitionKey: text(unfinished.partition),
      sortKey: text(unfinished.sort),
    });
    this.table = table;
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

  /**
   * Lets `fn` write records of these kinds only: publishing, for example, can make no token. A function that
   * writes also notes it for the audit, and can delete no event.
   */
  grantWrite(fn: LambdaFunction, kinds: readonly RecordKind[]): void {
    this.#passNames(fn);
    this.#write(fn, ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'], kinds);
    this.#write(fn, ['dynamodb:PutItem'], ['audit']);
  }

  /** Lets `fn` write the digest of each day of the audit. */
  grantCloseAuditDays(fn: LambdaFunction): void {
    this.#passNames(fn);
    this.#write(fn, ['dynamodb:Query'], ['audit', 'auditDays']);
    this.#write(fn, ['dynamodb:PutItem'], ['auditDays']);
  }

  /** Lets `fn` open versions again that somebody stopped sealing. */
  grantEndSeals(fn: LambdaFunction): void {
    this.#passNames(fn);
    this.#write(fn, ['dynamodb:UpdateItem'], ['versions']);
  }

  /** Lets `fn` list the rules of trust, pin them, and make tokens, each for one of another issuer. */
  grantExchange(fn: LambdaFunction): void {
    this.#passNames(fn);
    this.#write(fn, ['dynamodb:Query'], ['trust']);
    this.#write(fn, ['dynamodb:UpdateItem'], ['trust']);
    this.#write(fn, ['dynamodb:PutItem'], ['tokens', 'tokenIds', 'used', 'audit']);
    this.#write(fn, ['dynamodb:DeleteItem'], ['tokens']);
  }

  /** Lets `grantee` write records of tokens; to make an id, it reads the key of ids. */
  grantCreateTokens(grantee: IGrantable): void {
    const allow = (action: string, kinds: readonly RecordKind[]) =>
      grantee.grantPrincipal.addToPrincipalPolicy(
        new PolicyStatement({
          actions: [action],
          resources: [this.table.tableArn],
          conditions: {
            'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds.map(leadingKey) },
          },
        }),
      );
    allow('dynamodb:PutItem', ['tokens', 'tokenIds', 'audit']);
    allow('dynamodb:GetItem', ['tokenIds']);
    const key = this.table.encryptionKey;
    if (key === undefined) return;
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: KEY_TO_USE, resources: [key.keyArn] }),
    );
  }

  /** Lets `fn` list unfinished uploads: to sweep them, or to count pending bytes. */
  grantReadUnfinished(fn: LambdaFunction): void {
    this.#passNames(fn);
    this.#allow(fn, ['dynamodb:Query'], this.#indexArn(TABLE.index.unfinished.name));
  }

  /**
   * Calls `fn` with every change of records of these kinds: in the order of the changes of a record,
   * and again until it succeeds, for half a day. Streams keep a change for a day.
   */
  sendChanges(fn: LambdaFunction, deadLetters: Queue, kinds: readonly RecordKind[]): void {
    fn.addEventSource(
      // The interface of CDK lacks what `exactOptionalPropertyTypes` asks of the classes.
      new DynamoEventSource(this.table as ITable, {
        // From the first change on that the stream still has, so that a new mapping misses none.
        startingPosition: StartingPosition.TRIM_HORIZON,
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        maxRecordAge: Duration.hours(12),
        onFailure: new SqsDlq(deadLetters),
        filters: kinds.map((kind) => {
          const isOfKind = PER_VERSION.includes(kind)
            ? FilterRule.beginsWith(TABLE.partition[kind])
            : FilterRule.isEqual(TABLE.partition[kind]);
          return FilterCriteria.filter({
            dynamodb: { Keys: { [TABLE.key.partition]: { S: isOfKind } } },
          });
        }),
      }),
    );
  }

  #passNames(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.catalogType, 'dynamodb');
    fn.addEnvironment(ENV.tableName, this.table.tableName);
    const key = this.table.encryptionKey;
    if (key !== undefined) this.#allow(fn, KEY_TO_USE, key.keyArn);
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
  return PER_VERSION.includes(kind) ? `${key}*` : key;
}
