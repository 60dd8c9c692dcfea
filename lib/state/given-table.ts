/** A table that is given, not made: what CDK can know to be wrong with it. */
import { CfnResource, Stack } from 'aws-cdk-lib';
import type { ITable, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { TABLE } from '../../core/layout.ts';

/** What a change must show to be announced: the record before and after. */
const STREAM_VIEW = 'NEW_AND_OLD_IMAGES';

/** The interface lacks what `exactOptionalPropertyTypes` asks of the classes. */
export type AnyTable = ITable | Table | TableV2;

/** What CloudFormation gets for a table, whether it is one of one region or of several. */
interface TableParts {
  readonly streamSpecification?: { readonly streamViewType?: string };
  readonly keySchema?: readonly KeyPart[];
  readonly globalSecondaryIndexes?: readonly {
    readonly indexName?: string;
    readonly keySchema?: readonly KeyPart[];
  }[];
}

interface KeyPart {
  readonly attributeName?: string;
  readonly keyType?: string;
}

/** Nothing can be known of an imported table: `stowage table` and the functions look at it. */
export function takeTable(scope: Construct, table: AnyTable, needsStream: boolean): void {
  const resource = table.node.defaultChild;
  if (resource === undefined || !CfnResource.isCfnResource(resource)) return;
  scope.node.addValidation({
    // At the end: an app may add indexes after it has made the Stowage.
    validate: () => faultsOf(Stack.of(table).resolve({ ...partsOf(resource) }), needsStream),
  });
}

function partsOf(resource: CfnResource): TableParts {
  const { keySchema, globalSecondaryIndexes, streamSpecification } = resource as CfnResource &
    TableParts;
  return {
    ...(keySchema === undefined ? {} : { keySchema }),
    ...(globalSecondaryIndexes === undefined ? {} : { globalSecondaryIndexes }),
    ...(streamSpecification === undefined ? {} : { streamSpecification }),
  };
}

function faultsOf(
  { keySchema = [], globalSecondaryIndexes: indexes = [], streamSpecification }: TableParts,
  needsStream: boolean,
): string[] {
  const { key, index } = TABLE;
  return [
    ...streamFaults(streamSpecification?.streamViewType, needsStream),
    ...keyFaults('table', keySchema, key.partition, key.sort),
    ...Object.values(index).flatMap(({ name, partition, sort }) => {
      const found = indexes.find(({ indexName }) => indexName === name);
      return found === undefined
        ? [`table: has no index ${name}, allowed: one by ${partition} and ${sort}`]
        : keyFaults(`table: index ${name}`, found.keySchema ?? [], partition, sort);
    }),
  ];
}

function streamFaults(view: string | undefined, isNeeded: boolean): string[] {
  return !isNeeded || view === STREAM_VIEW
    ? []
    : [`table: has ${view ?? 'no'} stream, allowed for events: one of ${STREAM_VIEW}`];
}

function keyFaults(
  subject: string,
  parts: readonly KeyPart[],
  partition: string,
  sort: string,
): string[] {
  const nameOf = (type: string) => parts.find(({ keyType }) => keyType === type)?.attributeName;
  const [hash, range] = [nameOf('HASH'), nameOf('RANGE')];
  return hash === partition && range === sort
    ? []
    : [
        `${subject}: has the key ${hash} and ${range}, allowed: ${partition} and ${sort}, both text`,
      ];
}
