/**
 * Servers that stock clients are tried against: `stowage serve` over the local disk, and over a bucket
 * of a real S3 server, whose redirects lead to another origin; each with a token, and with public
 * downloads.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from '@jest/globals';
import type { CreatePackageBody } from '../../api/schemas/requests.ts';
import { StowageClient } from '../../client/stowage-client.ts';
import { uploadPackage } from '../../client/upload.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { empty, openS3Harness } from '../storage/s3/harness.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { ServerProcess } from '../support/server-process.ts';
import { findVersitygw, startVersitygw } from '../support/servers/versitygw.ts';

export type Bytes = Buffer<ArrayBuffer>;
/** What a version holds, by filename. */
export type Files = Readonly<Record<string, Bytes | string>>;

/** What another origin got: the request that followed a redirect. */
interface Followed {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

interface Opened {
  readonly server: ServerProcess;
  /** Undefined where downloads come from the service itself. */
  readonly proxy?: FaultProxy;
  close(): Promise<void>;
}

export class ReleaseHouse {
  readonly isPublic: boolean;
  readonly isOverS3: boolean;
  /** Whether downloads lead to another origin. */
  readonly isRedirecting: boolean;
  /** The downloads that another origin got since the test began. */
  readonly followed: Followed[] = [];
  #opened: Opened | undefined;
  #folder: string | undefined;
  #token: string | undefined;

  constructor(
    isOverS3: boolean,
    isPublic: boolean,
    settings: Readonly<Record<string, string>> = {},
  ) {
    this.isOverS3 = isOverS3;
    this.isPublic = isPublic;
    this.isRedirecting = isOverS3 && settings['PRESIGNED_URLS'] !== 'false';
    const env = { ...settings, ...(isPublic && { PUBLIC_DOWNLOADS: 'true' }) };
    beforeAll(async () => {
      this.#opened = isOverS3 ? await openOverS3(env) : await openOverDisk(env);
      this.#opened.proxy?.spoil({ method: 'GET', url: /[?&]X-Amz-Signature=/ }, (passing) => {
        const { url = '', headers } = passing.incoming;
        this.followed.push({ url, headers });
        if (headers.authorization === undefined) passing.pass();
        // As Amazon S3 does: only one kind of authentication is allowed.
        else passing.outgoing.writeHead(400).end();
      });
      const made = await this.client.createToken({ name: 'stock clients', scopes: ['read'] });
      this.#token = made.token;
    });
    afterAll(() => this.#opened?.close());
    beforeEach(async () => {
      this.#folder = await mkdtemp(join(tmpdir(), 'stowage-client-'));
      this.followed.length = 0;
    });
    afterEach(() => rm(this.folder, { recursive: true, force: true }));
  }

  get url(): string {
    return this.#server.url;
  }

  get host(): string {
    return new URL(this.url).host;
  }

  /** May read. Undefined where downloads are public: the client gets none. */
  get token(): string | undefined {
    return this.isPublic ? undefined : this.#token;
  }

  /** Empty when a test begins, removed when it ends. */
  get folder(): string {
    if (this.#folder === undefined) throw new Error('there is a folder only while a test runs');
    return this.#folder;
  }

  /** An administrator. */
  get client(): StowageClient {
    return new StowageClient({ url: this.url, token: this.#server.adminToken });
  }

  async publish(versionId: string, files: Files): Promise<void> {
    for (const [filename, content] of Object.entries(files)) {
      const bytes = Buffer.from(content);
      const declaration: CreatePackageBody = {
        filename,
        size: bytes.length,
        sha256: sha256Of(bytes),
        metadata: {},
        partChecksums: false,
      };
      const slice = (start: number, end: number) => bytes.subarray(start, end);
      const source = { size: bytes.length, slice };
      await uploadPackage(this.client, { versionId, declaration, source });
    }
  }

  async point(channel: string, versionId: string): Promise<void> {
    await this.client.putChannel(channel, { versionId });
  }

  /** Whatever is wrong with the version. */
  async pointUnchecked(channel: string, versionId: string): Promise<void> {
    await this.client.putChannel(channel, { versionId, skipChecks: true });
  }

  get #server(): ServerProcess {
    if (this.#opened === undefined) throw new Error('the server runs only while tests run');
    return this.#opened.server;
  }
}

/** Runs the tests against each kind of server. */
export function describeServers(run: (house: ReleaseHouse) => void): void {
  for (const isPublic of [false, true]) {
    const access = isPublic ? 'public downloads' : 'a token';
    describe(`from the local disk, with ${access}`, () => {
      run(new ReleaseHouse(false, isPublic));
    });
    describe(`from an S3 server, with ${access}`, () => {
      if (findVersitygw() === undefined)
        test.skip('versitygw is not installed: redirects to another origin are not tested', () => {});
      else run(new ReleaseHouse(true, isPublic));
    });
  }
}

async function openOverDisk(env: Readonly<Record<string, string>>): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-clients-'));
  const server = await ServerProcess.start(folder, env);
  return {
    server,
    async close() {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Clients reach the S3 server through a proxy, which sees what they send there. */
async function openOverS3(env: Readonly<Record<string, string>>): Promise<Opened> {
  const store = await startVersitygw(findVersitygw() ?? 'versitygw');
  const { client, bucket } = await openS3Harness(store);
  const proxy = await FaultProxy.start(store.endpoint);
  const opened = await openOverDisk({
    STORAGE_TYPE: 's3',
    S3_BUCKET: bucket,
    // Another host, too: curl takes netrc's entry for whatever port its host has.
    S3_ENDPOINT: proxy.endpoint.replace('127.0.0.1', 'localhost'),
    S3_ACCESS_KEY: store.credentials.accessKeyId,
    S3_SECRET_KEY: store.credentials.secretAccessKey,
    ...env,
  });
  return {
    ...opened,
    proxy,
    async close() {
      await opened.close();
      await empty(client, bucket);
      client.destroy();
      await proxy.stop();
      await store.stop();
    },
  };
}
