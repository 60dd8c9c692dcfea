/** Files of 4.5 GiB and more on every path that bytes take; of 20 GiB only if the disk has room. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { statfsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals';
import { StowageClient } from '../../client/stowage-client.ts';
import { uploadPackage } from '../../client/upload.ts';
import { wasmHashes } from '../../storage/hashing/wasm-hashes.ts';
import { jsonLines, runCli, temporaryFolder } from '../cli/house.ts';
import { MigrationHouse } from '../cli/migrate/migration-house.ts';
import { cleanEnvironment, ServerProcess } from '../support/server-process.ts';
import type { S3Server } from '../support/servers/s3-server.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';
import { makeSparseFile, textAt } from '../support/sparse-file.ts';

// Nothing here depends on how long it takes.
jest.setTimeout(3_600_000);

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** 32 bits end at 4 GiB, so marks are written there. */
const MARKS = { 0: 'first bytes', [4 * GIB - 4]: 'cross 4 GiB' };

interface Pushed {
  readonly sentBytes: number;
  readonly url: string;
  readonly package: { readonly size: number; readonly sha256: string };
}

let server: ServerProcess | undefined;

function stowage(folder: string, ...words: readonly string[]) {
  const { url = '', adminToken = '', path = '' } = server ?? {};
  const env = { STOWAGE_URL: url, STOWAGE_TOKEN: adminToken, STORAGE_LOCAL_PATH: path };
  return runCli([...words, '--json'], { cwd: folder, env });
}

async function push(folder: string, file: string, ...words: readonly string[]): Promise<Pushed> {
  const { stdout, stderr } = await stowage(folder, 'push', file, '--version', '1.0.0', ...words);
  expect(stderr).toBe('');
  const [pushed] = jsonLines<Pushed>(stdout);
  if (pushed?.package === undefined) throw new Error(`nothing was pushed: ${stdout}`);
  expect(pushed.sentBytes).toBe(pushed.package.size);
  return pushed;
}

/** Fetches with the CLI, looks at the file, and removes it. */
async function pull(folder: string, { package: { size, sha256 } }: Pushed): Promise<void> {
  const { stdout } = await stowage(folder, 'pull', '1.0.0/big.bin', '--out', 'out');
  const out = join(folder, 'out/big.bin');

  expect(jsonLines(stdout)).toMatchObject([{ outcome: 'pulled', size, sha256 }]);
  expect((await stat(out)).size).toBe(size);
  expect(await textAt(out, 4 * GIB - 4, 11)).toBe('cross 4 GiB');
  await rm(out);
}

/** What curl gets through the stable link, with the token for the service alone. */
async function curl(url: string, ...words: readonly string[]) {
  const authorization = `authorization: Bearer ${server?.adminToken}`;
  const child = spawn(
    'curl',
    ['--silent', '--fail', '--location', '--header', authorization, ...words, url],
    {
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const closed = once(child, 'close');
  const hash = createHash('sha256');
  let size = 0;
  let last = '';
  for await (const piece of child.stdout) {
    hash.update(piece);
    size += piece.length;
    last = piece.toString('latin1', Math.max(0, piece.length - 11));
  }
  const [code] = await closed;
  return { code, size, sha256: hash.digest('hex'), last };
}

async function requireDownloads(folder: string, pushed: Pushed): Promise<void> {
  const { url, package: published } = pushed;
  expect(await curl(url)).toMatchObject({
    code: 0,
    size: published.size,
    sha256: published.sha256,
  });
  const around = `${4 * GIB - 100}-${4 * GIB + 6}`;
  expect(await curl(url, '--range', around)).toMatchObject({
    code: 0,
    size: 107,
    last: 'cross 4 GiB',
  });
  const tail = await curl(url, '--range', `${published.size - 10}-`);
  expect(tail).toMatchObject({ code: 0, size: 10, last: 'last bytes' });
  await pull(folder, pushed);
}

describe('on disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const { bavail, bsize } = statfsSync(tmpdir());
  const sizes: readonly (readonly [string, number, 'single' | 'multipart'])[] = [
    ['5 GiB in one request', 5 * GIB, 'single'],
    ['5 GiB and 1 byte in parts', 5 * GIB + 1, 'multipart'],
    ['20 GiB in parts', 20 * GIB, 'multipart'],
  ];
  for (const [name, size, method] of sizes) {
    const hasRoom = bavail * bsize > 2.5 * size;
    (hasRoom ? test : test.skip)(
      `a file of ${name} comes back as it was, by every way`,
      async () => {
        await makeSparseFile(join(folder, 'big.bin'), size, {
          ...MARKS,
          [size - 10]: 'last bytes',
        });
        server = await ServerProcess.start(join(folder, 'storage'));

        const pushed = await push(folder, 'big.bin', '--method', method);

        expect(pushed.package.size).toBe(size);
        await requireDownloads(folder, pushed);
        await server.stop();
        server = await ServerProcess.start(server.path, {
          PRESIGNED_URLS: 'false',
          PORT: new URL(server.url).port,
        });
        await requireDownloads(folder, pushed);
        expect(await stowage(folder, 'verify')).toMatchObject({
          code: 0,
          stdout: expect.stringContaining('"ok":1'),
        });
      },
    );
  }

  test('a File of 4.5 GiB made of slices is uploaded whole by the client, with fetch alone', async () => {
    server = await ServerProcess.start(join(folder, 'storage'));
    const file = new FileOfSlices(72, Buffer.from('the last of it'));
    const { size } = file;
    const sha256 = await file.sha256();
    const client = new StowageClient({ url: server.url, token: server.adminToken });
    const declaration = { packageId: 'big', ext: 'bin', size, sha256, partChecksums: true };

    const report = await uploadPackage(client, { versionId: '1.0.0', declaration, source: file });

    expect(report).toMatchObject({
      outcome: 'published',
      sentBytes: size,
      package: { size, sha256 },
    });
    expect(await textAt(join(server.path, 'packages/1.0.0/big.bin'), 4.5 * GIB, 14)).toBe(
      'the last of it',
    );
  });
});

/** As browsers have them: made of other Blobs, and itself sliced at any place. Node can't slice its own beyond 4 GiB. */
class FileOfSlices {
  readonly size: number;
  readonly #slices: readonly Blob[];

  constructor(pieces: number, end: Buffer<ArrayBuffer>) {
    // Four that repeat: memory holds no more.
    const filled = [0, 1, 2, 3].map((byte) => new Blob([new Uint8Array(64 * MIB).fill(byte)]));
    const slices = Array.from({ length: pieces }, (_, index) => filled[index % 4] ?? new Blob([]));
    this.#slices = [...slices, new Blob([end])];
    this.size = this.#slices.reduce((sum, { size }) => sum + size, 0);
  }

  slice(start: number, end: number): Blob {
    let offset = 0;
    const within: Blob[] = [];
    for (const slice of this.#slices) {
      const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, slice.size)];
      if (from < to) within.push(slice.slice(from, to));
      offset += slice.size;
    }
    return new Blob(within);
  }

  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    for (const slice of this.#slices) hash.update(new Uint8Array(await slice.arrayBuffer()));
    return hash.digest('hex');
  }
}

const binary = findVersitygw();
const describeOnServer = binary === undefined ? describe.skip : describe;

describeOnServer('on versitygw', () => {
  let s3: S3Server;
  let house: MigrationHouse;
  beforeAll(async () => {
    s3 = await startVersitygw(binary ?? '');
  });
  afterAll(() => s3.stop());
  beforeEach(async () => {
    house = await MigrationHouse.open(s3);
  });
  afterEach(async () => {
    await server?.stop();
    await house.close();
  });

  async function serve(env: Readonly<Record<string, string>>): Promise<void> {
    await server?.stop();
    const { accessKeyId, secretAccessKey } = s3.credentials;
    const store = {
      S3_ENDPOINT: s3.endpoint,
      S3_ACCESS_KEY: accessKeyId,
      S3_SECRET_KEY: secretAccessKey,
    };
    const port = server === undefined ? {} : { PORT: new URL(server.url).port };
    server = await ServerProcess.start(house.path('storage'), { ...store, ...port, ...env });
  }

  test('a file of 5 GiB and 1 byte that is pushed into the bucket is read back, and comes back as it was', async () => {
    await makeSparseFile(house.path('big.bin'), 5 * GIB + 1, {
      ...MARKS,
      [5 * GIB - 9]: 'last bytes',
    });
    const onS3 = { STORAGE_TYPE: 's3', S3_BUCKET: house.bucket };
    await serve(onS3);

    const pushed = await push(house.folder, 'big.bin');

    await requireDownloads(house.folder, pushed);
    await serve({ ...onS3, PRESIGNED_URLS: 'false' });
    await requireDownloads(house.folder, pushed);
  });

  test('a file of 5 GiB and 1 byte is migrated from disk to the bucket and back', async () => {
    const size = 5 * GIB + 1;
    await makeSparseFile(house.path('big.bin'), size, { ...MARKS, [size - 10]: 'last bytes' });
    await serve({});
    const pushed = await push(house.folder, 'big.bin');
    await serve(house.bothStores);
    const migrate = (from: string, to: string) =>
      house.migrateAsJson(['--from', from, '--to', to, '--delete-source=now', '--verify', 'full'], {
        env: house.bothStores,
      });
    const moved = { moved: { files: 1, bytes: size }, removed: { files: 1, bytes: size } };

    const there = await migrate('./storage', house.url);
    expect(there).toMatchObject({ code: 0, lines: [{ outcomes: moved, sentBytes: size }] });
    await requireDownloads(house.folder, pushed);

    const back = await migrate(house.url, './storage');
    expect(back).toMatchObject({ code: 0, lines: [{ outcomes: moved, sentBytes: size }] });
    await requireDownloads(house.folder, pushed);
    expect(await textAt(house.path('storage/packages/1.0.0/big.bin'), size - 10, 10)).toBe(
      'last bytes',
    );
  });
});

test('a hash that is put down and taken up beyond 4 GiB is that of all bytes', async () => {
  const piece = Buffer.alloc(64 * MIB, 7);
  const whole = createHash('sha256');
  let inSteps = await wasmHashes.start();

  for (let bytes = 0; bytes < 4 * GIB + 128 * MIB; bytes += piece.length) {
    whole.update(piece);
    const goesOn = await wasmHashes.resume(inSteps.save());
    if (goesOn === undefined) throw new Error('the state could not be taken up');
    inSteps = goesOn;
    inSteps.update(piece);
  }

  expect(inSteps.digest()).toBe(whole.digest('hex'));
});
