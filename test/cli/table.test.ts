/** `stowage table` as an operator runs it, against dynalite. */

import { rm } from 'node:fs/promises';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parsePackageId, parseVersionId } from '../../core/names.ts';
import { checkTable } from '../../storage/dynamo/check-table.ts';
import { DynamoCatalog } from '../../storage/dynamo/dynamo-catalog.ts';
import { CLAIMED, packageItem, versionItem } from '../../storage/dynamo/items.ts';
import { packageRecord, tokenRecord } from '../storage/catalog-contract/records.ts';
import { DynamoServer } from '../storage/dynamo/harness.ts';
import { runCli, temporaryFolder } from './house.ts';

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

function table(env: Readonly<Record<string, string>>, ...words: readonly string[]) {
  const account = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  return runCli(['table', ...words], { cwd, env: { ...account, ...env } });
}

function create(env: Readonly<Record<string, string>>, ...words: readonly string[]) {
  return table(env, 'create', ...words);
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

describe('upgrade', () => {
  const V1 = parseVersionId('1.0.0');
  let tableName: string;
  let env: Readonly<Record<string, string>>;
  beforeEach(async () => {
    tableName = await server.newTable();
    env = {
      TABLE_NAME: tableName,
      AWS_REGION: 'eu-central-1',
      DYNAMODB_ENDPOINT: server.endpoint,
    };
  });

  /** As an earlier release left them: packages without claims, in a version that has none. */
  async function enterOld(): Promise<void> {
    const client = server.client();
    const state = 'available';
    const records = [
      packageRecord('second', {
        state,
        filename: 'App.exe',
        publishedAt: '2026-02-01T00:00:00.000Z',
      }),
      packageRecord('first', {
        state,
        filename: 'App.exe',
        publishedAt: '2026-01-01T00:00:00.000Z',
      }),
      packageRecord('other', { state, filename: 'My Tool.zip' }),
    ];
    const { [CLAIMED]: _, ...version } = versionItem({
      versionId: V1,
      createdAt: '2026-01-01T00:00:00.000Z',
    });
    for (const Item of [version, ...records.map(packageItem)])
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    client.destroy();
  }

  async function idOf(name: string): Promise<string | undefined> {
    const catalog = new DynamoCatalog({ client: server.client(), tableName });
    const found = await catalog.findPackage(V1, name);
    await catalog.close();
    return found?.packageId;
  }

  test('enters filenames, and reports those that an earlier file has, each time', async () => {
    await enterOld();

    const first = await table(env, 'upgrade');
    const again = await table(env, 'upgrade', '--json');

    expect(first).toEqual({
      code: 0,
      stdout:
        '1.0.0/second.tar.gz keeps this name alone: an earlier file has the name App.exe\n' +
        `table ${tableName}: 1 versions with 3 packages are upgraded; 1 files are reached by their alias alone\n0 tokens of earlier releases are listed\n`,
      stderr: '',
    });
    expect(JSON.parse(again.stdout)).toEqual({
      tableName,
      versions: 1,
      packages: 3,
      listedTokens: 0,
      byAliasAlone: [
        { versionId: '1.0.0', packageId: 'second', ext: 'tar.gz', filename: 'App.exe' },
      ],
    });
    expect(await idOf('App.exe')).toBe('first');
    expect(await idOf('second.tar.gz')).toBe('second');
    expect(await idOf('My Tool.zip')).toBe('other');
  });

  test('of an empty table does nothing, and of one that is not there says so', async () => {
    const empty = await table(env, 'upgrade');
    const none = await table({ ...env, TABLE_NAME: 'no-such-table' }, 'upgrade');

    expect(empty).toMatchObject({ code: 0, stdout: expect.stringContaining('0 versions') });
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('no-such-table');
  });
});

describe('restore', () => {
  let env: Record<string, string>;
  let from: string;
  let catalog: DynamoCatalog;
  beforeEach(async () => {
    from = await server.newTable();
    const tableName = await server.newTable();
    env = {
      TABLE_NAME: tableName,
      AWS_REGION: 'eu-central-1',
      DYNAMODB_ENDPOINT: server.endpoint,
    };
    const source = new DynamoCatalog({ client: server.client(), tableName: from });
    await source.createPackage(packageRecord('tool'));
    await source.createToken(tokenRecord('token000'));
    await source.close();
    catalog = new DynamoCatalog({ client: server.client(), tableName });
  });
  afterEach(() => catalog.close());

  const ref = { versionId: packageRecord('tool').versionId, packageId: parsePackageId('tool') };

  test('writes what the table lacks, says what it did, and goes on when it is run again', async () => {
    const first = await table(env, 'restore', '--from', from);
    const again = await table(env, 'restore', '--from', from, '--json');

    expect(first).toMatchObject({
      code: 0,
      stdout: `table ${env['TABLE_NAME']} from ${from}: 7 records read, 7 restored, 0 there already, 0 differ and were left, 0 failed\n`,
    });
    expect(first.stderr).toContain('1 tokens and 0 links came back');
    expect(JSON.parse(again.stdout)).toMatchObject({ read: 7, restored: 0, alreadyThere: 7 });
    expect(await catalog.getPackage(ref)).toEqual(packageRecord('tool'));
    expect(await catalog.getToken('token000')).toEqual(tokenRecord('token000'));
  });

  test('leaves a record that was written since, and names it', async () => {
    const newer = packageRecord('tool', { attemptId: 'newer' });
    await catalog.createPackage(newer);

    const { code, stdout } = await table(env, 'restore', '--from', from, '--without-tokens');

    expect(code).toBe(0);
    expect(stdout).toContain(`differs, and was left: P#${ref.versionId} tool\n`);
    expect(stdout).toMatch(/2 left out, \d differ and were left, 0 failed/);
    expect(await catalog.getPackage(ref)).toEqual(newer);
    expect(await catalog.getToken('token000')).toBeUndefined();
  });

  test('of a table that is not there, or from the table itself, says so', async () => {
    const missing = await table(env, 'restore', '--from', 'no-such-table');
    const itself = await table(env, 'restore', '--from', env['TABLE_NAME'] ?? '');

    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('no-such-table')]);
    expect([itself.code, itself.stderr]).toEqual([2, expect.stringContaining('the table itself')]);
  });
});
