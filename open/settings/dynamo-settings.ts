/** The settings of a catalog in DynamoDB: their names and rules. */
import type { DynamoCatalogConfig } from '../../core/settings.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { asRegion, REGION_RULE } from './s3-settings.ts';
import type { SettingsReader } from './settings-reader.ts';
import { asPlainUrl, PLAIN_URL } from './settings-reader.ts';

export const DYNAMO_ENV = {
  tableName: 'TABLE_NAME',
  awsRegion: 'AWS_REGION',
  dynamoEndpoint: 'DYNAMODB_ENDPOINT',
} as const;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
const TABLE = /^[A-Za-z0-9_.-]{3,255}$/;

/** @param bucketRegion the region of a bucket on AWS, which is also the default of the table */
export function readDynamoSettings(
  reader: SettingsReader,
  bucketRegion: string | undefined,
): DynamoCatalogConfig {
  const tableName = reader.required(
    DYNAMO_ENV.tableName,
    (text) => (TABLE.test(text) ? text : undefined),
    'the name of a table: 3 to 255 letters, digits, dots, hyphens and underscores',
  );
  const endpoint = reader.text(DYNAMO_ENV.dynamoEndpoint, asPlainUrl, PLAIN_URL);
  return {
    type: 'dynamodb',
    tableName,
    region: readTableRegion(reader, bucketRegion),
    ...withoutUndefined({ endpoint }),
  };
}

function readTableRegion(reader: SettingsReader, bucketRegion: string | undefined): string {
  const { awsRegion } = DYNAMO_ENV;
  if (bucketRegion !== undefined)
    return reader.text(awsRegion, asRegion, REGION_RULE) ?? bucketRegion;
  return reader.required(awsRegion, asRegion, 'the region of the table, such as eu-central-1');
}
