/**
 * Uploads of as many parts as S3 knows (10,000), against a server that only keeps count: real ones
 * want 5 MiB a part, 49 GB in all. With real servers: 1,001 parts in writes.ts, 10,000 that are
 * signed in test/local/s3/many-parts.ts.
 */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { formatUploadId } from '../../../storage/s3/bucket/upload-id.ts';
import { sdkS3 } from '../../../storage/s3/requests/sdk-client.ts';
import { S3Store } from '../../../storage/s3/s3-store.ts';
import { keyOf } from '../blob-contract/harness.ts';

const MIB = 1024 * 1024;
const PAGE = 1000;
const key = keyOf('linux-x64.tar.gz');

/** One key and one upload: parts are counted, not kept. */
class CountingServer {
  readonly parts = new Map<number, number>();
  /** Numbers of the parts in the completion, as sent. */
  readonly joined: number[] = [];
  readonly requests: string[] = [];
  bytesTaken = 0;
  mostAtOnce = 0;
  #atOnce = 0;
  #mark: string | undefined;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        ({ status = 200, headers = {}, body = '' }) =>
          response.writeHead(status, headers).end(body),
        (error) => response.writeHead(500).end(String(error)),
      );
    });
  }

  async start(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { method, headers } = request;
    const query = new URL(request.url ?? '', 'http://server').searchParams;
    this.requests.push(`${method}${query.has('uploadId') ? ' upload' : ''}`);
    if (method === 'PUT') return this.#take(request, Number(query.get('partNumber')));
    const body = await text(request);
    if (method === 'HEAD') {
      if (this.joined.length === 0) return { status: 404 };
      return {
        headers: { etag: '"joined"', 'x-amz-meta-stowage-write': this.#mark ?? 'our-upload' },
      };
    }
    if (query.has('uploads')) {
      this.#mark = String(headers['x-amz-meta-stowage-write']);
      return {
        body: '<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>',
      };
    }
    if (method === 'GET') return { body: this.#page(Number(query.get('part-number-marker') ?? 0)) };
    this.joined.push(
      ...[...body.matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => Number(number)),
    );
    return { body: '<CompleteMultipartUploadResult/>' };
  }

  async #take(request: IncomingMessage, partNumber: number): Promise<Answer> {
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    let size = 0;
    for await (const chunk of request) {
      size += chunk.length;
      this.bytesTaken += chunk.length;
    }
    this.#atOnce -= 1;
    this.parts.set(partNumber, size);
    return { headers: { etag: `"${partNumber}"` } };
  }

  #page(after: number): string {
    const numbers = [...this.parts.keys()].sort((a, b) => a - b).filter((number) => number > after);
    const shown = numbers.slice(0, PAGE);
    const parts = shown.map(
      (number) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>"${number}"</ETag><Size>${this.parts.get(number)}</Size></Part>`,
    );
    const next = `<NextPartNumberMarker>${shown.at(-1)}</NextPartNumberMarker>`;
    return `<ListPartsResult><IsTruncated>${numbers.length > PAGE}</IsTruncated>${next}${parts.join('')}</ListPartsResult>`;
  }
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

let server: CountingServer;
let store: S3Store;

beforeEach(async () => {
  server = new CountingServer();
  store = new S3Store({
    connect: sdkS3,
    bucket: 'packages',
    region: 'us-east-1',
    credentials: { accessKeyId: 'AK', secretAccessKey: 'SK' },
    endpoint: await server.start(),
    addressing: 'auto',
    integrity: 'payload',
    clock: () => new Date(),
    newId: () => 'our-upload',
  });
});

afterEach(async () => {
  await store.close();
  await server.stop();
});

test('10,000 parts are listed in ten pages, and joined in order', async () => {
  const partCount = 10_000;
  const plan = { partSize: 16 * MIB, partCount, partChecksums: false };
  const size = plan.partSize * partCount;
  const uploadId = formatUploadId({
    storeId: 'upload-1',
    size,
    plan,
    proof: 'none',
    mark: 'our-upload',
  });
  for (let number = partCount; number >= 1; number -= 1) server.parts.set(number, plan.partSize);

  const listed = await store.listParts({ key, uploadId });
  const pages = server.requests.splice(0);
  await store.completeMultipart({ key, uploadId });

  expect(pages).toEqual(Array<string>(10).fill('GET upload'));
  expect(listed.map(({ partNumber }) => partNumber)).toEqual(server.joined);
  expect(server.joined).toEqual(Array.from({ length: partCount }, (_, index) => index + 1));
});

test('of a file that is put in parts no more than four are held in memory', async () => {
  const partSize = 16 * MIB;
  const size = 10 * partSize + 1;
  const piece = Buffer.alloc(MIB, 'stowage');
  const hash = createHash('sha256');
  for (let from = 0; from < size; from += MIB) hash.update(piece.subarray(0, size - from));
  let [given, mostHeld] = [0, 0];
  async function* pieces() {
    for (; given < size; ) {
      const next = piece.subarray(0, size - given);
      given += next.length;
      mostHeld = Math.max(mostHeld, given - server.bytesTaken);
      yield next;
    }
  }

  await store.put(key, Readable.from(pieces()), {
    size,
    sha256: hash.digest('hex'),
    contentType: 'application/zip',
    contentDisposition: 'attachment',
    cacheControl: 'private',
    attemptId: 'attempt-1',
  });

  expect(server.bytesTaken).toBe(size);
  expect(server.joined).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));
  expect(server.mostAtOnce).toBeLessThanOrEqual(3);
  // Three on their way and one being filled, and what the streams between hold.
  expect(mostHeld).toBeLessThan(4 * partSize + 20 * MIB);
});
