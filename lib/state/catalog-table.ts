/** The one table of the catalog. Its keys are those of storage/dynamo/table.ts, which a test compares. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from '../../open/settings/env.ts';

export interface CatalogTableProps {
  /** Whether DynamoDB refuses to delete the table. @default false */
  readonly deletionProtection?: boolean;
  /** @default RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** What a partition key of the table looks like for each kind of record. */
const PARTITIONS = { packages: 'P#*', versions: 'V', channels: 'C', tokens: 'T' } as const;

/** Kinds of records, each in partitions of its own: a grant to write names those that it opens. */
export type RecordKind = keyof typeof PARTITIONS;

const NEWEST_VERSIONS = 'newest-versions';
const UNFINISHED = 'unfinished';

export class CatalogTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, props: CatalogTableProps = {}) {
    super(scope, id);
    const text = (name: string) => ({ name, type: AttributeType.STRING });
    this.table = new Table(this, 'Table', {
      partitionKey: text('pk'),
      sortKey: text('sk'),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Of tokens, a month after they have expired: storage/dynamo/items.ts.
      timeToLiveAttribute: 'expiresAtSeconds',
      deletionProtection: props.deletionProtection ?? false,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: NEWEST_VERSIONS,
      partitionKey: text('pk'),
      sortKey: text('newest'),
    });
    this.table.addGlobalSecondaryIndex({
      indexName: UNFINISHED,
      partitionKey: text('sweep'),
      sortKey: text('touchedAt'),
    });
  }

  /** Lets `fn` read records that it can name. */
  grantRead(fn: LambdaFunction): void {
    this.#tell(fn);
    this.#allow(fn, ['dynamodb:GetItem', 'dynamodb:BatchGetItem'], this.table.tableArn);
  }

  /** Lets `fn` list records, but not what is unfinished. */
  grantList(fn: LambdaFunction): void {
    this.#tell(fn);
    this.#allow(fn, ['dynamodb:Query'], this.table.tableArn);
    this.#allow(fn, ['dynamodb:Query'], this.#indexArn(NEWEST_VERSIONS));
  }

  /** Lets `fn` write records of these kinds and no others: who publishes can make no token. */
  grantWrite(fn: LambdaFunction, kinds: readonly RecordKind[]): void {
    this.#tell(fn);
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds.map((kind) => PARTITIONS[kind]) } },
      }),
    );
  }

  /** Lets `fn` list what is unfinished: the sweep, and who counts what is pending. */
  grantReadUnfinished(fn: LambdaFunction): void {
    this.#tell(fn);
    this.#allow(fn, ['dynamodb:Query'], this.#indexArn(UNFINISHED));
  }

  #tell(fn: LambdaFunction): void {
    fn.addEnvironment(ENV.catalogType, 'dynamodb');
    fn.addEnvironment(ENV.tableName, this.table.tableName);
  }

  #allow(fn: LambdaFunction, actions: readonly string[], arn: string): void {
    fn.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: [arn] }));
  }

  #indexArn(index: string): string {
    return `${this.table.tableArn}/index/${index}`;
  }
}
