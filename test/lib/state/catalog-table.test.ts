/** The deployed table is the one that storage/dynamo/ works with. */

import { describe, expect, test } from '@jest/globals';
import { TABLE } from '../../../core/layout.ts';
import {
  claimPlace,
  packagesOf,
  packagesWith,
  tableDefinition,
} from '../../../storage/dynamo/table.ts';
import { rightsIn } from '../support/rights.ts';
import { templateOf } from '../support/templates.ts';

function tableOf(template: ReturnType<typeof templateOf>) {
  const [table] = Object.values(template.findResources('AWS::DynamoDB::GlobalTable'));
  if (table === undefined) throw new Error('the template has no table');
  return table;
}

/** What the table has in each region. */
function replicasOf(table: ReturnType<typeof tableOf>): readonly Record<string, unknown>[] {
  return table['Properties'].Replicas;
}

describe('the table of the catalog', () => {
  const template = templateOf();
  const table = tableOf(template);

  test('has the keys and indexes that the driver asks for', () => {
    const { TableName: _, ...wanted } = tableDefinition('any');
    const byName = (definitions: readonly { readonly AttributeName?: string | undefined }[] = []) =>
      [...definitions].sort((one, other) =>
        String(one.AttributeName).localeCompare(String(other.AttributeName)),
      );

    const { AttributeDefinitions, BillingMode, GlobalSecondaryIndexes, KeySchema } =
      table['Properties'];

    expect({ BillingMode, GlobalSecondaryIndexes, KeySchema }).toEqual({
      BillingMode: wanted.BillingMode,
      GlobalSecondaryIndexes: wanted.GlobalSecondaryIndexes,
      KeySchema: wanted.KeySchema,
    });
    expect(byName(AttributeDefinitions)).toEqual(byName(wanted.AttributeDefinitions));
  });

  test('is in the region of the stage alone, and takes others later without being replaced', () => {
    expect(replicasOf(table).map(({ Region }) => Region)).toEqual(['eu-central-1']);
  });

  test('has no local index: one would bind a version to one partition', () => {
    expect(table['Properties'].LocalSecondaryIndexes).toBeUndefined();
  });

  test('can be restored to any second of the last five weeks, and lets the items expire that the driver says', () => {
    expect(replicasOf(table)).toMatchObject([
      { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
    ]);
    expect(table['Properties'].TimeToLiveSpecification).toEqual({
      AttributeName: TABLE.expiryAttribute,
      Enabled: true,
    });
  });

  test('outlives its stack, and in production can not be deleted at all', () => {
    expect(table).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    expect(replicasOf(tableOf(templateOf({ deletionProtection: true })))).toMatchObject([
      { DeletionProtectionEnabled: true },
    ]);
    expect(tableOf(templateOf({ retainState: false }))).toMatchObject({ DeletionPolicy: 'Delete' });
  });
});

describe('who writes records', () => {
  const kinds: Readonly<Record<string, string>> = {
    [packagesOf('*')]: 'packages',
    [TABLE.partition.versions]: 'versions',
    [TABLE.partition.channels]: 'channels',
    [TABLE.partition.tokens]: 'tokens',
    [TABLE.partition.tokenIds]: 'tokenIds',
    [TABLE.partition.links]: 'links',
    [TABLE.partition.trust]: 'trust',
    [TABLE.partition.checks]: 'checks',
    [TABLE.partition.used]: 'used',
    [TABLE.partition.audit]: 'audit',
    [TABLE.partition.auditDays]: 'auditDays',
    [claimPlace('*', '').pk]: 'names',
    [packagesWith('*')]: 'digests',
  };
  const rightsTo = (wanted: string) =>
    rightsIn(templateOf())
      .filter(({ action }) => action === wanted)
      .map(({ who, condition }) => {
        const keys = (condition as Record<string, Record<string, readonly string[] | string>>)[
          'ForAllValues:StringLike'
        ]?.['dynamodb:LeadingKeys'];
        return `${who}: ${[keys]
          .flat()
          .map((key) => kinds[String(key)])
          .join(', ')}`;
      });

  test('each function that writes notes it for the audit, only the sweep closes its days, and no one can delete from it', () => {
    const kept = (lines: readonly string[]) => lines.filter((line) => /audit/.test(line)).sort();

    expect(kept(rightsTo('dynamodb:PutItem'))).toEqual([
      'Admin: audit',
      'Exchange: tokens, tokenIds, used, audit',
      'Publish: audit',
      'Release: audit',
      'UpkeepObjectCreated: audit',
      'UpkeepSweep: audit',
      'UpkeepSweep: auditDays',
      'UpkeepVerificationVerify: audit',
    ]);
    expect(kept(rightsTo('dynamodb:DeleteItem'))).toEqual([]);
    expect(kept(rightsTo('dynamodb:UpdateItem'))).toEqual([]);
  });

  test('only administration and the exchange make tokens, and only releasing moves channels beside administration', () => {
    const written = rightsTo('dynamodb:PutItem').filter((line) => !/: audit/.test(line));

    expect(written.sort()).toEqual([
      'Admin: packages, channels, tokens, tokenIds, trust',
      'Exchange: tokens, tokenIds, used, audit',
      'Publish: packages, names, digests, versions, links',
      'Release: packages, names, versions, channels, checks',
      'UpkeepObjectCreated: packages, names',
      'UpkeepSweep: packages, names',
      'UpkeepVerificationVerify: checks',
      'UpkeepVerificationVerify: packages, names',
    ]);
  });
});
