/** `stowage audit` and `stowage token ls --unused` against a server in this process, whose catalog is altered behind its back. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { programOf } from '../../cli/program.ts';
import { StowageClient } from '../../client/stowage-client.ts';
import type { TokenRecord } from '../../core/records.ts';
import { tokenRow } from '../../storage/sqlite/file/rows.ts';
import { openServed, type Served } from '../client/served-house.ts';

let served: Served;
let config: string;
let client: StowageClient;
let maker: string;

beforeAll(async () => {
  served = await openServed();
  // An error of the file system would be of another realm here, so there is a file.
  config = await mkdtemp(join(tmpdir(), 'stowage-cli-'));
  process.env['XDG_CONFIG_HOME'] = config;
  await mkdir(join(config, 'stowage'));
  await writeFile(join(config, 'stowage', 'config.json'), '{}', { mode: 0o600 });
  client = new StowageClient({ url: served.url, token: served.token });
  maker = served.token.split('_')[1] ?? '';
  await client.createToken({ name: 'release pipeline', scopes: ['publish'] });
});
afterAll(async () => {
  await served.close();
  await rm(config, { recursive: true });
});

/** @returns what went to stdout; rejects with the fault of the command */
async function stowage(
  words: readonly string[],
  url = served.url,
  command = 'audit',
): Promise<string> {
  let printed = '';
  const stdout = new Writable({
    write: (chunk, _, done) => {
      printed += String(chunk);
      done();
    },
  });
  const cli = {
    ...{ stdout, stderr: new Writable({ write: (_chunk, _, done) => done() }) },
    env: { STOWAGE_TOKEN: served.token, STOWAGE_URL: url },
    version: '0',
    ...{ signal: new AbortController().signal, exitCode: 0 as const },
  };
  await (await programOf(cli, command)).parseAsync([command, ...words], { from: 'user' });
  return printed;
}

test('lists changes as a table and as JSON, by filters', async () => {
  const table = await stowage([]);
  const { items } = JSON.parse(await stowage(['--who', maker, '--json', '--limit', '1']));
  const none = await stowage(['--to', '2026-01-01', '--version-id', '1.0.0']);

  expect(table).toMatch(/^AT +WHO +ACTION +SUBJECT +DETAIL\n/);
  expect(table).toMatch(/createToken .* name=release pipeline scopes=\["publish"\]/);
  expect(table).toMatch(/ stowage +createToken /);
  expect(items).toMatchObject([{ who: maker, action: 'createToken' }]);
  expect(none).toBe('no change was noted\n');
});

test('says by --verify that every day matches, and which one does not after it was altered', async () => {
  const found = await stowage(['--verify']);
  const [, day = ''] =
    /^1 day up to (\S+), whose digest is [0-9a-f]{64}\nall of them match\n$/.exec(found) ?? [];
  expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
  const db = new DatabaseSync(join(served.folder, '.stowage', 'catalog.db'));
  db.prepare('INSERT INTO audit_events (at, record) VALUES (?, ?)').run(
    `${day}T12:00:00.000Z`,
    JSON.stringify({
      ...{ at: `${day}T12:00:00.000Z`, who: 'someone', action: 'putChannel' },
      requestId: 'none',
    }),
  );
  db.close();

  await expect(stowage(['--verify'])).rejects.toMatchObject({
    ...{ code: 'INTEGRITY', exitCode: 1, message: expect.stringContaining(day) },
    hint: expect.stringContaining('the log'),
  });
});

test('says that a service of an earlier release has none', async () => {
  const older = createServer((_, response) => {
    response.writeHead(404, { 'content-type': 'application/problem+json' });
    response.end(
      JSON.stringify({
        ...{ type: 'about:blank', status: 404, code: 'NOT_FOUND', title: 'NOT_FOUND' },
        ...{ detail: 'there is nothing under /v1/audit', instance: 'request' },
      }),
    );
  });
  await new Promise<void>((resolve) => older.listen(0, '127.0.0.1', resolve));
  const { port } = older.address() as AddressInfo;

  await expect(stowage([], `http://127.0.0.1:${port}`)).rejects.toMatchObject({
    ...{ code: 'NOT_SUPPORTED', message: expect.stringContaining('has no audit') },
    hint: expect.stringContaining('earlier release'),
  });
  older.close();
});

test('token ls --unused lists what was not used for so long, once uses are noted for so long', async () => {
  const long = new Date(Date.now() - 100 * 86_400_000).toISOString();
  const recent = await client.createToken({ name: 'recent', scopes: ['read'] });
  const old = await client.createToken({ name: 'old', scopes: ['read'] });
  const db = new DatabaseSync(join(served.folder, '.stowage', 'catalog.db'));
  const day = db.prepare('INSERT OR REPLACE INTO token_uses (token_id, day) VALUES (?, ?)');
  const list = async () =>
    JSON.parse(await stowage(['ls', '--unused', '90d', '--json'], served.url, 'token')).items.map(
      ({ name }: { name: string }) => name,
    );
  age(db, [recent.tokenId, old.tokenId], long);
  day.run(recent.tokenId, new Date().toISOString().slice(0, 10));
  day.run(old.tokenId, long.slice(0, 10));

  const early = await list();
  day.run('', long.slice(0, 10));

  expect(early).toEqual([]);
  expect(await list()).toEqual(['old']);
  db.close();
});

/** As if the tokens were made then. */
function age(db: DatabaseSync, tokenIds: readonly string[], createdAt: string): void {
  for (const tokenId of tokenIds) {
    const { record } =
      db.prepare('SELECT record FROM tokens WHERE token_id = ?').get(tokenId) ?? {};
    const row = tokenRow({ ...(JSON.parse(String(record)) as TokenRecord), createdAt });
    const update = db.prepare('UPDATE tokens SET record = ?, checksum = ? WHERE token_id = ?');
    update.run(row.record, row.checksum, tokenId);
  }
}
