/** The services of AWS that are called by signed JSON alone. */
import type { JsonService } from './json-client.ts';

export const DYNAMODB: JsonService = {
  name: 'dynamodb',
  target: 'DynamoDB_20120810',
  jsonVersion: '1.0',
};
export const EVENT_BRIDGE: JsonService = {
  name: 'events',
  target: 'AWSEvents',
  jsonVersion: '1.1',
};
export const SECRETS_MANAGER: JsonService = {
  name: 'secretsmanager',
  target: 'secretsmanager',
  jsonVersion: '1.1',
};
export const SQS: JsonService = { name: 'sqs', target: 'AmazonSQS', jsonVersion: '1.0' };
