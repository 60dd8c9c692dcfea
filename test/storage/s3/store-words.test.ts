/**
 * What a store says reaches the operator: its code and message, bounded, printable, and never a
 * secret.
 */
import { describe, expect, test } from '@jest/globals';
import { storeWords } from '../../../storage/s3/bucket/store-words.ts';
import { collect } from '../blob-contract/harness.ts';
import { fails, type Step, says, scripted } from './scripted-server.ts';

const messageOf = async (step: Step) => {
  const { store } = await scripted(step, step, step);
  return collect(store.list()).then(
    () => '',
    (error: Error) => error.message,
  );
};

describe('a refusal that Stowage does not know', () => {
  test.each([400, 403, 405, 422])('(%i) is reported in the words of the store', async (status) => {
    const message = await messageOf(fails(status, 'XMinioNoSuchThing', 'the thing is not there'));

    expect(message).toContain(
      `the store says "XMinioNoSuchThing: the thing is not there" (status ${status})`,
    );
  });

  test('keeps the advice for its status', async () => {
    expect(await messageOf(fails(400, 'SomethingNew'))).toContain('S3_REGION');
  });

  test('that comes from a proxy is reported without its page', async () => {
    expect(
      await messageOf(says(400, { 'content-type': 'text/html' }, '<html>no</html>')),
    ).not.toContain('says');
  });
});

test('words are bounded, and hold nothing that a terminal would act on', () => {
  const words = storeWords({
    name: 'SomethingNew',
    message: `\u001b[31m\u202ered\u0000${'long '.repeat(100)}`,
  });

  expect(words).toMatch(/^SomethingNew: \[31m redlong|^SomethingNew: \[31m red long/);
  expect(words?.length).toBeLessThan(260);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(words).not.toMatch(/[\u0000-\u001f\u202e]/);
});

test.each([
  'X-Amz-Signature=0123456789abcdef',
  'signature: 0123456789abcdef',
  'the key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY is wrong',
  'x-amz-security-token=FwoGZXIvYXdzEBYaD',
])('words hold no secret: %s', (message) => {
  const words = storeWords({ name: 'SomethingNew', message });

  expect(words).toContain('...');
  expect(words).not.toMatch(/0123456789abcdef|wJalrXUtnFEMI|FwoGZXIvYXdzEBYaD/);
});
