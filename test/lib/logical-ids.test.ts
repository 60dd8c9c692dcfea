/**
 * A stack that was deployed before the service was a construct keeps every resource: CloudFormation
 * replaces what has another logical id.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FULL, LEAN } from './support/every-stage.ts';
import { templatesOf } from './support/templates.ts';

/** The logical ids that the app gave when each stage was a stack without a construct. */
const BEFORE: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'logical-ids.json'), 'utf8'),
);

/** Ids that are gone on purpose, with the reason: nothing of them holds state. */
const GONE: Readonly<Record<string, string>> = {
  AWS679f53fac002430cb0da5b7982bd2287ServiceRoleC1EA0FF2:
    'the role of log delivery has its rights in itself',
  DownloadsCdnAccessLogsRemoteDeliveryCustomResourcePolicyD3028FE0: 'as above',
  DownloadsCdnAccessLogsRemoteDestinationCustomResourcePolicy5D051D51: 'as above',
  DownloadsCdnAccessLogsRemoteSourceCustomResourcePolicy5C8D4FBD: 'as above',
};

test.each([
  ['full service', () => templatesOf(FULL).service],
  ['full replica', () => templatesOf(FULL).replica],
  ['lean service', () => templatesOf(LEAN).service],
] as const)('%s has every logical id that it had before', (name, synthesise) => {
  const resources = synthesise()?.toJSON()['Resources'] ?? {};
  const lost = BEFORE[name]?.filter((id) => !(id in resources) && !(id in GONE));

  expect(BEFORE[name]?.length).toBeGreaterThan(1);
  expect(lost).toEqual([]);
});
