/** Opens copies of what a release left: its storage, and its catalog in SQLite or in a table. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { type AttributeValue, BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoServer } from '../../storage/dynamo/harness.ts';
import type { FixtureSecrets } from './contents.ts';
import { FIXTURES } from './release.ts';

export interface Fixture {
  /** STORAGE_LOCAL_PATH. */
  readonly path: string;
  /** The settings that belong to it, beside that path. */
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: FixtureSecrets;
  remove(): Promise<void>;
}

type Item = Record<string, AttributeValue>;

const UNFINISHED = ['pending', 'verifying'];

export async function openSqliteFixture(): Promise<Fixture> {
  const fixture = await openStorage('sqlite');
  const db = new DatabaseSync(join(fixture.path, '.stowage', 'catalog.db'));
  // The uploads have been idle for as long as the fixture is old: the sweep would remove them.
  db.prepare(
    "UPDATE packages SET record = json_set(record, '$.touchedAt', ?) WHERE state IN ('pending', 'verifying')",
  ).run(new Date().toISOString());
  db.close();
  return fixture;
}

export async function openDynamoFixture(server: DynamoServer): Promise<Fixture> {
  const fixture = await openStorage('dynamodb');
  const items = JSON.parse(
    await readFile(join(FIXTURES, 'dynamodb', 'items.json'), 'utf8'),
  ) as readonly Item[];
  const touchedAt = { S: new Date().toISOString() };
  const isUnfinished = (item: Item) => UNFINISHED.includes(item['state']?.S ?? '');
  const tableName = await server.newTable();
  const client = server.client();
  for (let at = 0; at < items.length; at += 25) {
    const requests = items.slice(at, at + 25).map((item) => ({
      PutRequest: { Item: isUnfinished(item) ? { ...item, touchedAt } : item },
    }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
  }
  client.destroy();
  const settings = {
    CATALOG_TYPE: 'dynamodb',
    TABLE_NAME: tableName,
    AWS_REGION: 'eu-central-1',
    DYNAMODB_ENDPOINT: server.endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    URL_SIGNING_KEY: fixture.secrets.urlSigningKey ?? '',
  };
  return { ...fixture, settings };
}

async function openStorage(name: 'sqlite' | 'dynamodb'): Promise<Fixture> {
  const path = await mkdtemp(join(tmpdir(), `stowage-${name}-fixture-`));
  await promisify(execFile)('tar', ['-xzf', join(FIXTURES, name, 'storage.tar.gz'), '-C', path]);
  await renumberNotes(path);
  const secrets = JSON.parse(
    await readFile(join(FIXTURES, name, 'secrets.json'), 'utf8'),
  ) as FixtureSecrets;
  return { path, settings: {}, secrets, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Notes are named after inodes, which are others in a copy: here the disk is the one on which the
 * release ran.
 */
async function renumberNotes(path: string): Promise<void> {
  const folder = join(path, '.stowage', 'arrived');
  for (const name of await readdir(folder)) {
    const text = await readFile(join(folder, name), 'utf8');
    const { key } = JSON.parse(text) as { readonly key: string };
    const { ino } = await stat(join(path, key), { bigint: true });
    await rename(join(folder, name), join(folder, `renumbered-${ino}`));
  }
  for (const name of await readdir(folder)) {
    await rename(join(folder, name), join(folder, name.replace('renumbered-', '')));
  }
}
