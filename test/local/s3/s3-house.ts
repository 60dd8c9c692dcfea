/** A real S3 server with an empty bucket per test, and services that use it. */
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { empty, openS3Harness, type S3Harness } from '../../storage/s3/harness.ts';
import { PlainClient } from '../../support/plain-client.ts';
import type { S3Server } from '../../support/servers/s3-server.ts';
import { type Served, Servings } from '../served.ts';

/** In what servers differ. */
export interface Traits {
  /** Refuses an upload whose `x-amz-checksum-sha256` is not that of its bytes. */
  readonly verifiesChecksums: boolean;
  /** Refuses signatures for another region than its own. */
  readonly hasRegion: boolean;
}

export class S3House {
  readonly servings = new Servings();
  readonly traits: Traits;
  #server: S3Server | undefined;
  #harness: S3Harness | undefined;

  /** Opens and closes with the tests of the `describe` in which it is made. */
  constructor(startServer: () => Promise<S3Server>, traits: Traits) {
    this.traits = traits;
    beforeAll(async () => {
      this.#server = await startServer();
    });
    afterAll(() => this.#server?.stop());
    beforeEach(async () => {
      this.#harness = await openS3Harness(this.server);
    });
    afterEach(async () => {
      await this.servings.removeAll();
      await empty(this.harness.client, this.harness.bucket);
      await this.harness.close();
    });
  }

  get server(): S3Server {
    if (this.#server === undefined) throw new Error('the server runs only while tests run');
    return this.#server;
  }

  get harness(): S3Harness {
    if (this.#harness === undefined) throw new Error('there is a bucket only while a test runs');
    return this.#harness;
  }

  settings(): Readonly<Record<string, string>> {
    const { endpoint, credentials } = this.server;
    return {
      STORAGE_TYPE: 's3',
      S3_BUCKET: this.harness.bucket,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY: credentials.accessKeyId,
      S3_SECRET_KEY: credentials.secretAccessKey,
    };
  }

  async start(more: Readonly<Record<string, string>> = {}): Promise<Served> {
    return this.servings.start(await this.servings.folder(), { ...this.settings(), ...more });
  }

  clientOf({ url, token }: Served): PlainClient {
    return new PlainClient(url, token);
  }

  /** The objects in the bucket. */
  async keys(store: S3Harness['store'] = this.harness.store): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { key } of store.list()) found.push(key);
    return found;
  }
}
