/** The settings of a catalog in DynamoDB: their names, and what each may be. */
import type { DynamoCatalogConfig, StorageConfig } from '../../core/settings.ts';
import { asPlainUrl, PLAIN_URL } from './plain-url.ts';
import { asRegion, REGION_RULE } from './s3-settings.ts';
import type { SettingsReader } from './settings-reader.ts';

export const DYNAMO_ENV = {
  tableName: 'TABLE_NAME',
  awsRegion: 'AWS_REGION',
  dynamoEndpoint: 'DYNAMODB_ENDPOINT',
} as const;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
const TABLE = /^[A-Za-z0-9_.-]{3,255}$/;

export function readDynamoSettings(reader: SettingsReader, storage: StorageConfig): DynamoCatalogConfig {
  const tableName = reader.required(
    DYNAMO_ENV.tableName,
    (text) => (TABLE.test(text) ? text : undefined),
    'the name of a table: 3 to 255 letters, digits, dots, hyphens and underscores',
  );
  const endpoint = reader.text(DYNAMO_ENV.dynamoEndpoint, asPlainUrl, PLAIN_URL);
  return {
    type: 'dynamodb',
    tableName,
    region: readTableRegion(reader, storage),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** That of the bucket where nothing else is said; a store that is not AWS has regions which DynamoDB does not know. */
function readTableRegion(reader: SettingsReader, storage: StorageConfig): string {
  const { awsRegion } = DYNAMO_ENV;
  if (storage.type === 's3' && storage.s3Endpoint === undefined) {
    return reader.text(awsRegion, asRegion, REGION_RULE) ?? storage.s3Region;
  }
  return reader.required(awsRegion, asRegion, `${REGION_RULE}, where the table lies`);
}
