/**
 * `node test/compatibility/releases/make-fixture.ts TARBALL FOLDER`: has a packed release make the
 * storage and the catalogs that later releases are tested with. Needs versitygw.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import dynalite from 'dynalite';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { PlainClient, send } from '../../support/plain-client.ts';
import { findVersitygw, startVersitygw } from '../../support/servers/versitygw.ts';
import { CONTENTS, declare, type FixtureSecrets, REJECTED_BYTES } from './contents.ts';
import { type Release, succeed, unpackRelease } from './release.ts';

type Settings = Readonly<Record<string, string>>;

const AWS: Settings = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
};

const [tarball, target] = process.argv.slice(2);
if (tarball === undefined || target === undefined) {
  throw new Error('usage: make-fixture.ts TARBALL FOLDER');
}
const release = await unpackRelease(resolve(tarball));
await makeSqlite(resolve(target, 'sqlite'));
await makeDynamo(resolve(target, 'dynamodb'));
await release.remove();

async function makeSqlite(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'stowage-fixture-'));
  const secrets = await fill(release, work, {});
  await keep(folder, work, secrets);
}

async function makeDynamo(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = {
    ...AWS,
    CATALOG_TYPE: 'dynamodb',
    TABLE_NAME: 'stowage',
    DYNAMODB_ENDPOINT: endpoint,
  };
  await succeed(release, ['table', 'create'], { env: settings });
  const work = await mkdtemp(join(tmpdir(), 'stowage-fixture-'));
  const urlSigningKey = randomBytes(32).toString('base64url');
  const secrets = await fill(release, work, { ...settings, URL_SIGNING_KEY: urlSigningKey });
  const client = new DynamoDBClient({
    region: 'eu-central-1',
    endpoint,
    credentials: credentials('test', 'test'),
  });
  const { Items: items = [] } = await client.send(new ScanCommand({ TableName: 'stowage' }));
  client.destroy();
  server.close();
  await writeFile(join(folder, 'items.json'), `${JSON.stringify(items, null, 1)}\n`);
  await keep(folder, work, { ...secrets, urlSigningKey });
}

function credentials(accessKeyId: string, secretAccessKey: string) {
  return { accessKeyId, secretAccessKey };
}

/**
 * Times of files to the nanosecond, which records name, and holes of files that have not arrived
 * whole.
 */
async function keep(folder: string, work: string, secrets: FixtureSecrets): Promise<void> {
  const storage = join(work, 'storage');
  const archive = join(folder, 'storage.tar.gz');
  // The journal of a migration names folders of the machine that ran it.
  const left = ['--exclude=./.stowage/migrations'];
  const plain = [
    ...left,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--sort=name',
    '--pax-option=delete=atime,delete=ctime',
  ];
  execFileSync('tar', [
    '--format=posix',
    '-S',
    ...plain,
    '-I',
    'gzip -9n',
    '-cf',
    archive,
    '-C',
    storage,
    '.',
  ]);
  await writeFile(join(folder, 'secrets.json'), `${JSON.stringify(secrets, null, 2)}\n`);
  await rm(work, { recursive: true });
}

async function fill(release: Release, work: string, settings: Settings): Promise<FixtureSecrets> {
  const storage = join(work, 'storage');
  await mkdir(storage);
  for (const [name, content] of Object.entries(CONTENTS))
    await writeFile(join(work, `${name}.bin`), content);
  await fillMoved(release, work, settings);
  const server = await release.serve(storage, settings);
  const cli = (words: readonly string[], token = server.adminToken) =>
    succeed(release, words, { cwd: work, env: { STOWAGE_URL: server.url, STOWAGE_TOKEN: token } });
  const hello = ['--package', 'hello', '--ext', 'txt', '--filename', 'hello.txt'];
  await cli(['push', 'hello.bin', '--version', '1.0.0', ...hello]);
  const image = [
    '--package',
    'image',
    '--ext',
    'tar.gz',
    '--filename',
    'Imagé 1.tar.gz',
    '--metadata',
    'os=linux',
  ];
  await cli(['push', 'image.bin', '--version', '1.0.0', '--method', 'multipart', ...image]);
  await cli(['push', 'yanked.bin', 'deleted.bin', '--version', '1.0.0']);
  await cli(['yank', '1.0.0/yanked', '--reason', 'wrong build']);
  await cli(['rm', '1.0.0/deleted']);
  await cli(['channel', 'set', 'stable', '1.0.0']);
  await cli(['channel', 'set', 'next', '2.0.0']);
  await cli(['channel', 'set', 'gone', '1.0.0']);
  await cli(['channel', 'rm', 'gone']);
  const token = async (...words: readonly string[]) =>
    (await cli(['token', 'create', ...words])).trim();
  const tokens = {
    admin: server.adminToken,
    publisher: await token('--name', 'publisher of 1', '--scope', 'publish', '--versions', '1.*'),
    reader: await token('--name', 'reader', '--scope', 'read', '--expires', '2100-01-01T00:00:00Z'),
    expired: await token('--name', 'expired', '--scope', 'read', '--expires', '1m'),
    revoked: await token('--name', 'revoked', '--scope', 'read'),
  };
  await cli(['token', 'rm', tokens.revoked.split('_')[1] ?? '']);
  await fillUnfinished(new PlainClient(server.url, tokens.publisher), cli);
  await server.stop();
  return { tokens };
}

/**
 * A package that was published into a bucket and moved to the disk: its record remembers the
 * bucket.
 */
async function fillMoved(release: Release, work: string, settings: Settings): Promise<void> {
  const store = await startVersitygw(findVersitygw() ?? '');
  const { accessKeyId, secretAccessKey } = store.credentials;
  const admin = new S3Client({
    endpoint: store.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: credentials(accessKeyId, secretAccessKey),
  });
  await admin.send(new CreateBucketCommand({ Bucket: 'releases' }));
  admin.destroy();
  const storage = join(work, 'storage');
  const bucket = {
    ...settings,
    STORAGE_LOCAL_PATH: storage,
    S3_ENDPOINT: store.endpoint,
    S3_BUCKET: 'releases',
    S3_ACCESS_KEY: accessKeyId,
    S3_SECRET_KEY: secretAccessKey,
  };
  const before = await release.serve(storage, { ...bucket, STORAGE_TYPE: 's3' });
  const env = { STOWAGE_URL: before.url, STOWAGE_TOKEN: before.adminToken };
  await succeed(release, ['push', 'moved.bin', '--version', '2.0.0'], { cwd: work, env });
  await before.stop();
  const both = { ...bucket, STORAGE_TYPE: 'local', STORAGE_FALLBACK: 's3' };
  const server = await release.serve(storage, both);
  const move = ['migrate', '--from', 's3://releases', '--to', storage];
  await succeed(release, move, { cwd: work, env: both });
  await server.stop();
  await store.stop();
}

async function fillUnfinished(
  client: PlainClient,
  cli: (words: readonly string[]) => Promise<string>,
): Promise<void> {
  interface Signed {
    readonly request: {
      readonly method: string;
      readonly url: string;
      readonly headers: Record<string, string>;
    };
  }
  const base = '/v1/versions/1.1.0/packages';
  const begin = (name: string, content: Buffer, more: object = {}) =>
    client.json<{ upload: Signed & { partSize: number; parts: readonly Signed[] } }>(
      'POST',
      base,
      declare(name, content, more),
    );
  const put = async (signed: Signed | undefined, body: Buffer) => {
    if (signed === undefined) throw new Error('nothing was signed');
    const { method, url, headers } = signed.request;
    const answer = await send(url, { method, headers, body });
    if (answer.status !== 200)
      throw new Error(`${method} answered ${answer.status}: ${answer.body}`);
  };
  const rejected = await begin('rejected', CONTENTS.rejected, { method: 'multipart' });
  await put(rejected.upload.parts[0], REJECTED_BYTES);
  await client.complete('1.1.0', 'rejected').catch(() => {});
  await cli(['push', 'hello.bin', '--version', '1.1.0']);
  // The file is what the CLI would send: it goes on with this upload.
  const resumed = await begin('resumed', CONTENTS.resumed, {
    filename: 'resumed.bin',
    method: 'multipart',
    partChecksums: true,
  });
  const last = CONTENTS.resumed.subarray(resumed.upload.partSize);
  const terms = { partNumbers: [2], sha256s: [sha256Of(last)] };
  const signed = await client.json<{ parts: readonly Signed[] }>(
    'POST',
    `${base}/resumed/parts`,
    terms,
  );
  await put(signed.parts[0], last);
  const plain = await begin('plain', CONTENTS.plain, { method: 'multipart' });
  await put(plain.upload.parts[0], CONTENTS.plain);
  await begin('announced', CONTENTS.announced);
  const arrived = await begin('arrived', CONTENTS.arrived);
  await put(arrived.upload, CONTENTS.arrived);
}
