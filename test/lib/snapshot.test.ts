/** The template of a stage that has everything, frozen: a change of it is seen in review. `npm run jest -- test/lib/snapshot -u` takes a new one. */
import { expect, test } from '@jest/globals';
import { FULL, templatesOf } from './support/every-stage.ts';

/** What changes with the code of the functions says nothing about the template. */
function scrubbed(template: object): unknown {
  return JSON.parse(JSON.stringify(template).replaceAll(/[0-9a-f]{64}/g, 'HASH'));
}

test('the template of a stage that has everything is what it was', () => {
  expect(scrubbed(templatesOf(FULL).service.toJSON())).toMatchSnapshot();
});
