/** The functions as Lambda would run them: their own modules, an environment, events; over dynalite, versitygw and a fake of the rest of AWS. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { jest } from '@jest/globals';
import type { SQSBatchResponse } from 'aws-lambda';
import { type OperationId, ROUTES, type Route } from '../../../api/routes.ts';
import { issueToken, type NewToken } from '../../../core/access/tokens.ts';
import { parsePackageId, parseVersionId } from '../../../core/names.ts';
import type { PackageRecord } from '../../../core/records.ts';
import type { UpkeepHandler } from '../../../lambda/runtime/upkeep-function.ts';
import type { Handler } from '../../../service/host/handler.ts';
import { DynamoCatalog } from '../../../storage/dynamo/dynamo-catalog.ts';
import { type CallOptions, eventOf } from '../../service/events.ts';
import { DynamoServer } from '../../storage/dynamo/harness.ts';
import { openS3Harness, type S3Harness } from '../../storage/s3/harness.ts';
import type { S3Server } from '../../support/servers/s3-server.ts';
import { FakeAws } from './fake-aws.ts';

export const CDN = 'd111111abcdef8.cloudfront.net';
const KEY_ID = 'K2JCJMDEHXQW5F';

export interface Functions {
  readonly publish: Handler;
  readonly downloadS3: Handler;
  readonly downloadCdn: Handler;
  readonly catalog: Handler;
  readonly release: Handler;
  readonly exchange: Handler;
  readonly admin: Handler;
  readonly objectCreated: UpkeepHandler<void>;
  readonly sweep: UpkeepHandler<object>;
  readonly verify: UpkeepHandler<SQSBatchResponse>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

interface Parts {
  readonly aws: FakeAws;
  readonly catalog: DynamoCatalog;
  readonly s3: S3Harness;
  readonly functions: Functions;
  /** The public half of the key that signs links to the CDN. */
  readonly cdnKey: KeyObject;
}

export class FunctionsHouse {
  readonly lines: string[] = [];
  readonly aws: FakeAws;
  readonly catalog: DynamoCatalog;
  readonly s3: S3Harness;
  readonly functions: Functions;
  readonly cdnKey: KeyObject;
  readonly #close: (() => Promise<void>)[] = [];

  private constructor(parts: Parts) {
    this.aws = parts.aws;
    this.catalog = parts.catalog;
    this.s3 = parts.s3;
    this.functions = parts.functions;
    this.cdnKey = parts.cdnKey;
  }

  static async open(server: S3Server): Promise<FunctionsHouse> {
    const [aws, dynamo, s3] = await Promise.all([
      FakeAws.start(),
      DynamoServer.start(),
      openS3Harness(server),
    ]);
    const tableName = await dynamo.newTable();
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const moment = '2026-01-01T00:00:00.000Z';
    const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const key = {
      name: 'k',
      keyId: KEY_ID,
      state: 'signing',
      privateKeyPem,
      joinedAt: moment,
      signingSince: moment,
    };
    aws.secrets.set('keyring', JSON.stringify({ version: 1, keys: [key] }));
    aws.secrets.set('cursors', 'a key of at least thirty-two characters');
    const before = { ...process.env };
    Object.assign(process.env, environmentOf(aws, dynamo, s3, server, tableName));
    const catalog = new DynamoCatalog({ client: dynamo.client(), tableName });
    const house = new FunctionsHouse({
      aws,
      catalog,
      s3,
      functions: await importFunctions(),
      cdnKey: publicKey,
    });
    const written = jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
      house.lines.push(String(line));
      return true;
    });
    house.#close.push(
      async () => written.mockRestore(),
      async () => restore(before),
      () => catalog.close(),
      () => s3.close(),
      () => dynamo.stop(),
      () => aws.stop(),
    );
    return house;
  }

  async close(): Promise<void> {
    for (const close of this.#close) await close();
  }

  async token(scopes: NewToken['scopes']): Promise<string> {
    const { record, token } = issueToken({ name: 'test', scopes }, 'root', new Date());
    await this.catalog.createToken(record);
    return token;
  }

  async call(handler: Handler, operation: OperationId, options: CallOptions = {}): Promise<Answer> {
    const route: Route = ROUTES[operation];
    const event = eventOf({ method: route.methods[0], ...options, route: route.path });
    const { statusCode = 0, headers = {}, body = '' } = await handler(event, contextWith());
    const received = headers as Readonly<Record<string, string>>;
    return {
      status: statusCode,
      headers: received,
      json: /json/.test(received['content-type'] ?? '') ? JSON.parse(body) : undefined,
    };
  }

  /** Announces a package and sends its bytes. @returns its path */
  async upload(
    versionId: string,
    packageId: string,
    bytes: Buffer,
    sha256: string,
    method = 'single',
    more: object = {},
  ) {
    const token = await this.token(['publish']);
    const body = { packageId, ext: 'bin', size: bytes.length, sha256, method, ...more };
    const created = await this.call(this.functions.publish, 'createPackage', {
      token,
      path: { versionId },
      body,
    });
    const { upload } = created.json;
    const { url, headers } = method === 'single' ? upload.request : upload.parts[0].request;
    const sent = await fetch(url, { method: 'PUT', headers, body: bytes });
    if (!sent.ok) throw new Error(`the store answered ${sent.status}: ${await sent.text()}`);
    return { versionId, packageId };
  }

  async record(path: {
    readonly versionId: string;
    readonly packageId: string;
  }): Promise<PackageRecord | undefined> {
    const ref = {
      versionId: parseVersionId(path.versionId),
      packageId: parsePackageId(path.packageId),
    };
    return this.catalog.getPackage(ref);
  }

  /** Removes what a test has published, so that the bucket may be found empty. */
  async remove(path: { readonly versionId: string; readonly packageId: string }): Promise<void> {
    const record = await this.record(path);
    const info = record && (await this.s3.store.stat(record.key));
    if (record !== undefined && info !== undefined) await this.s3.store.delete(record.key, info);
  }

  /** The lines of the log that say this. */
  said(message: string): readonly unknown[] {
    return this.lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === message);
  }
}

export function contextWith(remainingMs = 60_000) {
  return { awsRequestId: 'call-1', getRemainingTimeInMillis: () => remainingMs };
}

/** As EventBridge has it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
export function objectCreatedEvent(bucket: string, key: string) {
  return {
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '111122223333',
    time: '2026-11-22T12:00:00Z',
    region: 'eu-central-1',
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: {
        key,
        size: 5,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        'version-id': 'x',
        sequencer: '00617F08299329D189',
      },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '123456789012',
      'source-ip-address': '1.2.3.4',
      reason: 'PutObject',
    },
  };
}

function environmentOf(
  aws: FakeAws,
  dynamo: DynamoServer,
  s3: S3Harness,
  server: S3Server,
  tableName: string,
) {
  return {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    AWS_ENDPOINT_URL_SQS: aws.url,
    TABLE_NAME: tableName,
    DYNAMODB_ENDPOINT: dynamo.endpoint,
    S3_BUCKET: s3.bucket,
    S3_REGION: server.region,
    S3_ENDPOINT: server.endpoint,
    S3_ACCESS_KEY: server.credentials.accessKeyId,
    S3_SECRET_KEY: server.credentials.secretAccessKey,
    S3_INTEGRITY: 'checksum',
    VERIFICATION_QUEUE_URL: `${aws.url}/000000000000/verification`,
    URL_SIGNING_KEY_SECRET: 'cursors',
    CDN_DOMAIN: CDN,
    CDN_KEYRING: 'keyring',
    PUBLIC_URL: 'https://files.example.com',
    METRICS_SERVICE: 'stage',
    SECURITY_CONTACT: 'mailto:security@example.com',
  };
}

async function importFunctions(): Promise<Functions> {
  const folder = '../../../lambda/functions';
  const [
    publish,
    downloadS3,
    downloadCdn,
    catalog,
    release,
    exchange,
    admin,
    objectCreated,
    sweep,
    verify,
  ] = await Promise.all([
    import(`${folder}/publish.ts`),
    import(`${folder}/download-s3.ts`),
    import(`${folder}/download-cdn.ts`),
    import(`${folder}/catalog.ts`),
    import(`${folder}/release.ts`),
    import(`${folder}/exchange.ts`),
    import(`${folder}/admin.ts`),
    import(`${folder}/object-created.ts`),
    import(`${folder}/sweep.ts`),
    import(`${folder}/verify.ts`),
  ]);
  return {
    publish: publish.handler,
    downloadS3: downloadS3.handler,
    downloadCdn: downloadCdn.handler,
    catalog: catalog.handler,
    release: release.handler,
    exchange: exchange.handler,
    admin: admin.handler,
    objectCreated: objectCreated.handler,
    sweep: sweep.handler,
    verify: verify.handler,
  };
}

function restore(before: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env))
    if (before[name] === undefined) delete process.env[name];
  Object.assign(process.env, before);
}
