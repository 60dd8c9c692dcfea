/** A folder with stores in it, a bucket on versitygw, and `stowage migrate` as its users run it. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { empty } from '../../storage/s3/harness.ts';
import type { S3Server } from '../../support/servers/s3-server.ts';
import { jsonLines, type Ran, type RunOptions, runCli, temporaryFolder } from '../house.ts';

/** A line of `--json`: a failure, a file that is left alone, or the sum. */
export interface MigrationLine {
  readonly outcome?: string;
  readonly key?: string;
  readonly name?: string;
  readonly detail?: string;
  readonly outcomes?: Readonly<Record<string, { readonly files: number; readonly bytes: number }>>;
  readonly leftAlone?: number;
  readonly failed?: number;
  readonly sentBytes?: number;
}

export class MigrationHouse {
  readonly folder: string;
  readonly bucket: string;
  readonly client: S3Client;
  readonly #server: S3Server;

  private constructor(folder: string, bucket: string, client: S3Client, server: S3Server) {
    this.folder = folder;
    this.bucket = bucket;
    this.client = client;
    this.#server = server;
  }

  static async open(server: S3Server): Promise<MigrationHouse> {
    const { endpoint, region, credentials } = server;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    const bucket = `migrate-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return new MigrationHouse(await temporaryFolder(), bucket, client, server);
  }

  async close(): Promise<void> {
    await empty(this.client, this.bucket);
    this.client.destroy();
    await rm(this.folder, { recursive: true, force: true });
  }

  get url(): string {
    return `s3://${this.bucket}/releases`;
  }

  /**
   * What a server would be given that keeps its packages in the bucket and has others in the
   * folder.
   */
  get bothStores(): Readonly<Record<string, string>> {
    return {
      STORAGE_TYPE: 's3',
      STORAGE_FALLBACK: 'local',
      STORAGE_LOCAL_PATH: this.path('storage'),
      S3_BUCKET: this.bucket,
      S3_PREFIX: 'releases',
    };
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  async write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(this.path(name)), { recursive: true });
      await writeFile(this.path(name), content);
    }
  }

  /** `stowage migrate ...`, with what leads to the bucket. */
  async migrate(words: readonly string[], options: Partial<RunOptions> = {}): Promise<Ran> {
    const { endpoint, credentials } = this.#server;
    const env = {
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY: credentials.accessKeyId,
      S3_SECRET_KEY: credentials.secretAccessKey,
      XDG_STATE_HOME: this.path('state'),
      ...options.env,
    };
    return runCli(['migrate', ...words], { cwd: this.folder, ...options, env });
  }

  /** The same with `--json`, and the lines that it printed. */
  async migrateAsJson(
    words: readonly string[],
    options: Partial<RunOptions> = {},
  ): Promise<Ran & { readonly lines: readonly MigrationLine[] }> {
    const ran = await this.migrate([...words, '--json'], options);
    return { ...ran, lines: jsonLines<MigrationLine>(ran.stdout) };
  }
}
