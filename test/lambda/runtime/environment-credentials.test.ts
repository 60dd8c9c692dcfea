/** What the bundles sign with: the credentials of Lambda's environment, as they are when they are asked for. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { environmentCredentials } from '../../../lambda/runtime/environment-credentials.ts';

const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;
const before = NAMES.map((name) => process.env[name]);

function set(...values: readonly (string | undefined)[]): void {
  for (const [index, name] of NAMES.entries()) {
    const value = values[index];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

afterEach(() => set(...before));

describe('credentials of a function', () => {
  test('are those of its environment at the time of each call', async () => {
    const provide = environmentCredentials();
    set('id', 'key', 'token');
    expect(await provide()).toEqual({
      accessKeyId: 'id',
      secretAccessKey: 'key',
      sessionToken: 'token',
    });

    set('other', 'key');

    expect(await provide()).toEqual({ accessKeyId: 'other', secretAccessKey: 'key' });
  });

  test.each([
    [undefined, 'key'],
    ['id', undefined],
  ])('that are missing (%s, %s) cause the same error as in the SDK', async (id, key) => {
    set(id, key);

    await expect(environmentCredentials()()).rejects.toMatchObject({
      name: 'CredentialsProviderError',
    });
  });
});
