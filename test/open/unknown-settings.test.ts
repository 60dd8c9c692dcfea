/** Variables of the environment that are no setting, and look like one. */
import { expect, test } from '@jest/globals';
import { ENV } from '../../open/settings/env.ts';
import { likelyMistakes } from '../../open/settings/unknown-settings.ts';

test.each([
  ['LINK_TTL', 'LINK_TTL_SECONDS'],
  ['S3_KEY', 'S3_ACCESS_KEY'],
  ['S3_SECRET_ACCESS_KEY', 'S3_SECRET_KEY'],
  ['S3_BUCKET_NAME', 'S3_BUCKET'],
  ['STORAGE_PATH', 'STORAGE_LOCAL_PATH'],
  ['PUBLC_URL', 'PUBLIC_URL'],
  ['TRUSTED_PROXY', 'TRUST_PROXY'],
  ['public_url', 'PUBLIC_URL'],
  ['STOWAGE_PUBLIC_URL', 'PUBLIC_URL'],
])('%s is taken for %s', (name, meant) => {
  expect(likelyMistakes({ [name]: 'secret' })).toEqual([{ name, meant }]);
});

test.each([
  // Shells, containers and Kubernetes set these.
  'HOSTNAME',
  'PATH',
  'HOST_IP',
  'STOWAGE_SERVICE_HOST',
  'STOWAGE_PORT',
  'STOWAGE_PORT_8787_TCP_ADDR',
  // Of the command and of the SDK of AWS.
  'STOWAGE_URL',
  'STOWAGE_TOKEN',
  'STOWAGE_ID_TOKEN',
  'AWS_DEFAULT_REGION',
  'AWS_ACCESS_KEY_ID',
  'NODE_OPTIONS',
  'DATABASE_URL',
  ...Object.values(ENV),
])('%s is not taken for another setting', (name) => {
  expect(likelyMistakes({ [name]: 'x' })).toEqual([]);
});

test('a variable that is empty is not set', () => {
  expect(likelyMistakes({ LINK_TTL: '' })).toEqual([]);
});
