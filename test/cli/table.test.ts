/** `stowage table create` as an operator runs it, against dynalite. */

import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { checkTable } from '../../storage/dynamo/check-table.ts';
import { DynamoServer } from '../storage/dynamo/harness.ts';
import { runCli, slow, temporaryFolder } from './house.ts';

slow();

let server: DynamoServer;
let cwd: string;
beforeAll(async () => {
  server = await DynamoServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  cwd = await temporaryFolder();
});
afterEach(() => rm(cwd, { recursive: true }));

function create(env: Readonly<Record<string, string>>, ...words: readonly string[]) {
  const account = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  return runCli(['table', 'create', ...words], { cwd, env: { ...account, ...env } });
}

test('makes the table once, and finds it as it should be after that', async () => {
  const env = {
    TABLE_NAME: 'releases',
    AWS_REGION: 'eu-central-1',
    DYNAMODB_ENDPOINT: server.endpoint,
  };

  const first = await create(env);
  const second = await create(env, '--json');

  expect(first).toMatchObject({ code: 0, stdout: 'made table releases\n' });
  expect(first.stderr).toContain('knows no point-in-time recovery');
  expect({ ...second, stdout: JSON.parse(second.stdout) }).toEqual({
    code: 0,
    stdout: { tableName: 'releases', created: false, pointInTimeRecovery: false },
    stderr: '',
  });
  const client = server.client();
  await expect(checkTable(client, 'releases')).resolves.toBeUndefined();
  client.destroy();
});

test('takes the region of a bucket on AWS, as the server does', async () => {
  const { code } = await create({
    TABLE_NAME: 'regional',
    S3_REGION: 'eu-central-1',
    DYNAMODB_ENDPOINT: server.endpoint,
  });

  expect(code).toBe(0);
});

test('names every setting that is missing or wrong, as a misuse', async () => {
  const { code, stderr } = await create({ TABLE_NAME: 'a b' });

  expect(code).toBe(2);
  expect(stderr).toMatch(/TABLE_NAME: got "a b".*\n.*AWS_REGION: got nothing/);
});

test('says that the endpoint does not answer', async () => {
  const { code, stderr } = await create({
    TABLE_NAME: 'releases',
    AWS_REGION: 'eu-central-1',
    DYNAMODB_ENDPOINT: 'http://127.0.0.1:1',
  });

  expect(code).toBe(1);
  expect(stderr).toMatch(/table releases can't be reached.*DYNAMODB_ENDPOINT/s);
});
