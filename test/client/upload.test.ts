/**
 * The upload engine, as a browser runs it (fetch and WebCrypto alone), against a real server and a
 * network that misbehaves.
 */
import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { itemsOf } from '../../client/pages.ts';
import { StowageClient } from '../../client/stowage-client.ts';
import { type UploadOptions, type UploadProgress, uploadPackage } from '../../client/upload.ts';
import { openServed, type Served } from './served-house.ts';

const MIB = 1024 * 1024;
/** Three parts: 16, 16 and 1 MiB. */
const THREE_PARTS = randomBytes(33 * MIB);

type Meddle = (
  url: string,
  init: RequestInit,
) => Promise<Response | undefined> | Response | undefined;

let served: Served;
let meddle: Meddle = () => undefined;
const asked: { readonly method: string; readonly url: string; readonly body: unknown }[] = [];

beforeAll(async () => {
  served = await openServed();
});
afterEach(() => {
  meddle = () => undefined;
  asked.length = 0;
});
afterAll(() => served.close());

function client(): StowageClient {
  const fetch = async (
    input: Parameters<typeof globalThis.fetch>[0],
    init: RequestInit = {},
  ): Promise<Response> => {
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    asked.push({ method: init.method ?? 'GET', url: String(input), body });
    return (await meddle(String(input), init)) ?? globalThis.fetch(input, init);
  };
  return new StowageClient({
    url: served.url,
    token: served.token,
    fetch,
    retry: { retries: 3, minDelayMs: 0 },
  });
}

function upload(versionId: string, bytes: Buffer, more: object = {}, options: UploadOptions = {}) {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const declaration = { packageId: 'tool', ext: 'bin', size: bytes.length, sha256, ...more };
  return uploadPackage(
    client(),
    { versionId, declaration, source: new Blob([new Uint8Array(bytes)]) },
    options,
  );
}

async function isStored(versionId: string, bytes: Buffer): Promise<boolean> {
  return bytes.equals(await readFile(join(served.folder, 'packages', versionId, 'tool.bin')));
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const isPut = (init: RequestInit) => init.method === 'PUT';
const puts = () => asked.filter(({ method }) => method === 'PUT');

describe('an upload', () => {
  test.each([
    ['in one request', { method: 'single' }, 1],
    ['in parts', { method: 'multipart' }, 3],
    ['in parts that declare their SHA-256', { method: 'multipart', partChecksums: true }, 3],
  ])('%s publishes exactly the bytes', async (name, more, parts) => {
    const versionId = name.replaceAll(/[^\w]/g, '-');

    const report = await upload(versionId, THREE_PARTS, more);

    expect(report).toEqual({
      package: expect.objectContaining({ state: 'available' }),
      outcome: 'published',
      partCount: parts,
      sentParts: parts,
      skippedParts: 0,
      sentBytes: THREE_PARTS.length,
    });
    expect(await isStored(versionId, THREE_PARTS)).toBe(true);
  });

  test('of what is there already sends nothing', async () => {
    await upload('again', Buffer.from('same'));
    asked.length = 0;

    const report = await upload('again', Buffer.from('same'));

    expect(report).toMatchObject({ outcome: 'already-there', sentParts: 0, sentBytes: 0 });
    expect(asked).toHaveLength(1);
  });

  test('declares just the SHA-256 of each part', async () => {
    await upload(
      'declared',
      THREE_PARTS,
      { method: 'multipart', partChecksums: true },
      { concurrency: 1 },
    );

    const [signing] = asked.filter(({ url }) => url.endsWith('/parts'));
    const hashOf = (start: number, end: number) =>
      createHash('sha256').update(THREE_PARTS.subarray(start, end)).digest('hex');
    expect(signing?.body).toEqual({
      partNumbers: [1, 2, 3],
      sha256s: [hashOf(0, 16 * MIB), hashOf(16 * MIB, 32 * MIB), hashOf(32 * MIB, 33 * MIB)],
    });
  });

  test('reports its progress up to the end, and then that it is verified', async () => {
    const reported: UploadProgress[] = [];

    await upload(
      'progress',
      THREE_PARTS,
      { method: 'multipart' },
      { onProgress: (progress) => reported.push(progress) },
    );

    const sending = reported.filter(({ phase }) => phase === 'sending').map(({ bytes }) => bytes);
    expect(sending.at(0)).toBe(0);
    expect(sending.at(-1)).toBe(THREE_PARTS.length);
    expect(reported.every(({ totalBytes }) => totalBytes === THREE_PARTS.length)).toBe(true);
  });
});

describe('an upload that was broken off', () => {
  test('sends only the missing parts when it is done again', async () => {
    const controller = new AbortController();
    let parts = 0;
    meddle = (_, init) => {
      if (isPut(init) && ++parts === 3) controller.abort(new Error('closed the page'));
      return undefined;
    };
    const options = { concurrency: 1, signal: controller.signal };
    await expect(upload('resumed', THREE_PARTS, { method: 'multipart' }, options)).rejects.toThrow(
      'closed the page',
    );
    meddle = () => undefined;

    const report = await upload('resumed', THREE_PARTS, { method: 'multipart' });

    expect(report).toMatchObject({ partCount: 3, sentParts: 1, skippedParts: 2, sentBytes: MIB });
    expect(await isStored('resumed', THREE_PARTS)).toBe(true);
  });

  test('goes on where part checksums were declared by who began it, and the other way round', async () => {
    for (const [versionId, first, second] of [
      ['declared-first', true, false],
      ['declared-later', false, true],
    ] as const) {
      const controller = new AbortController();
      let parts = 0;
      meddle = (_, init) => {
        if (isPut(init) && ++parts === 2) controller.abort(new Error('enough'));
        return undefined;
      };
      const begun = { method: 'multipart', partChecksums: first };
      const options = { concurrency: 1, signal: controller.signal };
      await expect(upload(versionId, THREE_PARTS, begun, options)).rejects.toThrow('enough');
      meddle = () => undefined;

      const report = await upload(versionId, THREE_PARTS, {
        method: 'multipart',
        partChecksums: second,
      });

      expect(report).toMatchObject({ outcome: 'published', sentParts: 2, skippedParts: 1 });
    }
  });
});

describe('an upload that declares no sha256', () => {
  const LATE = { method: 'multipart', partChecksums: true, sha256: undefined } as const;

  function uploadLate(versionId: string, bytes: Buffer, options: UploadOptions = {}) {
    const counts = { whole: 0, parts: [] as number[] };
    const source = new Blob([new Uint8Array(bytes)]);
    const declaration = { packageId: 'tool', ext: 'bin', size: bytes.length, ...LATE };
    const task = {
      ...{ versionId, declaration, source },
      hashPart: (partNumber: number, partSize: number) => {
        counts.parts.push(partNumber);
        return sha256Of(bytes.subarray((partNumber - 1) * partSize, partNumber * partSize));
      },
      hashWhole: async () => {
        counts.whole += 1;
        return sha256Of(bytes);
      },
    };
    return { counts, report: uploadPackage(client(), task, options) };
  }

  const creates = () =>
    asked.filter(({ method, url }) => method === 'POST' && /packages$/.test(url));
  const PROBLEM = { 'content-type': 'application/problem+json' };
  const refuseOnce = (code: string, status: number) => {
    let asks = 0;
    meddle = (url, init) =>
      init.method === 'POST' && url.endsWith('/packages') && ++asks === 1
        ? new Response(JSON.stringify({ code, detail: 'no' }), { status, headers: PROBLEM })
        : undefined;
  };

  test('hashes each part once, and the service gets the digest when it is completed', async () => {
    const { counts, report } = uploadLate('late', THREE_PARTS);

    expect(await report).toMatchObject({ outcome: 'published', sentParts: 3, skippedParts: 0 });
    expect(counts).toEqual({ whole: 1, parts: [1, 2, 3] });
    expect(creates().map(({ body }) => Object.hasOwn(body as object, 'sha256'))).toEqual([false]);
    expect(asked.find(({ url }) => url.endsWith('/complete'))?.body).toMatchObject({
      sha256: sha256Of(THREE_PARTS),
    });
    expect(await isStored('late', THREE_PARTS)).toBe(true);
  });

  test.each([
    ['that is of an earlier release', 'INVALID_INPUT', 400],
    ['whose store lists no digests', 'NOT_SUPPORTED', 501],
  ])('hashes the whole first for a service %s', async (_, code, status) => {
    refuseOnce(code, status);

    const { counts, report } = uploadLate(`late-${status}`, THREE_PARTS);

    expect(await report).toMatchObject({ outcome: 'published', sentParts: 3 });
    expect(counts.whole).toBe(1);
    expect(creates().map(({ body }) => body)).toMatchObject([
      {},
      { sha256: sha256Of(THREE_PARTS) },
    ]);
    expect(asked.find(({ url }) => url.endsWith('/complete'))?.body).toEqual({});
  });

  test('of what is there already hashes it, and sends nothing', async () => {
    await upload('late-again', THREE_PARTS, { method: 'multipart' });
    asked.length = 0;

    const { counts, report } = uploadLate('late-again', THREE_PARTS);

    expect(await report).toMatchObject({ outcome: 'already-there', sentParts: 0 });
    expect([counts.whole, creates().length, puts().length]).toEqual([1, 2, 0]);
  });

  test('of other bytes than those that are there is refused, and sends nothing', async () => {
    await upload('late-taken', THREE_PARTS, { method: 'multipart' });
    asked.length = 0;

    const other = uploadLate('late-taken', Buffer.alloc(THREE_PARTS.length));

    await expect(other.report).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(puts()).toEqual([]);
  });

  test('goes on after a break, and sends the parts again that have other bytes by now', async () => {
    const controller = new AbortController();
    let parts = 0;
    meddle = (_, init) => {
      if (isPut(init) && ++parts === 3) controller.abort(new Error('closed the page'));
      return undefined;
    };
    const options = { concurrency: 1, signal: controller.signal };
    await expect(uploadLate('late-resumed', THREE_PARTS, options).report).rejects.toThrow();
    meddle = () => undefined;
    const edited = Buffer.from(THREE_PARTS);
    edited[0] = (edited[0] ?? 0) ^ 1;

    const { counts, report } = uploadLate('late-resumed', edited);

    expect(await report).toMatchObject({ outcome: 'published', sentParts: 2, skippedParts: 1 });
    expect(counts.parts).toEqual([1, 2, 3]);
    expect(await isStored('late-resumed', edited)).toBe(true);
  });

  test('outlives a lost answer of its completion', async () => {
    let completions = 0;
    meddle = async (url, init) => {
      if (!url.endsWith('/complete') || ++completions > 1) return undefined;
      await globalThis.fetch(url, init);
      throw new TypeError('fetch failed');
    };

    const { report } = uploadLate('late-lost', THREE_PARTS);

    expect(await report).toMatchObject({ outcome: 'published' });
    expect(completions).toBeGreaterThan(1);
  });

  test('needs a hash of the whole, before anything is announced', async () => {
    await expect(upload('late-none', THREE_PARTS, LATE)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'a declaration without sha256 needs hashWhole',
    });
    expect(asked).toEqual([]);
  });
});

describe('the storage', () => {
  test.each([
    ['breaks the connection', () => Promise.reject(new TypeError('fetch failed'))],
    ['is overloaded', () => new Response('', { status: 503 })],
    [
      'says S3 RequestTimeout',
      () => new Response('<Error><Code>RequestTimeout</Code></Error>', { status: 400 }),
    ],
    ['says that the request ran out', () => new Response('', { status: 403 })],
    ['says ConditionalRequestConflict', () => new Response('', { status: 409 })],
  ])('%s, and the bytes are sent again', async (name, fault) => {
    for (const method of ['single', 'multipart'] as const) {
      const versionId = `${method}-${name.replaceAll(/[^\w]/g, '-')}`;
      let sends = 0;
      meddle = (_, init) => (isPut(init) && ++sends === 1 ? fault() : undefined);

      const report = await upload(versionId, THREE_PARTS, { method });

      expect(report.outcome).toBe('published');
      expect(await isStored(versionId, THREE_PARTS)).toBe(true);
    }
  });

  test('says 412, and the service is asked what is there', async () => {
    meddle = async (url, init) => {
      if (!isPut(init)) return undefined;
      await globalThis.fetch(url, init);
      return new Response('', { status: 412 });
    };

    const report = await upload('there', Buffer.from('bytes'));

    expect(report.outcome).toBe('published');
    expect(puts()).toHaveLength(1);
  });

  test('says that a part is there which is not, and it is sent after all', async () => {
    let sends = 0;
    meddle = (_, init) =>
      isPut(init) && ++sends === 2 ? new Response('', { status: 200 }) : undefined;

    const report = await upload(
      'pretended',
      THREE_PARTS,
      { method: 'multipart' },
      { concurrency: 1 },
    );

    expect(report).toMatchObject({ outcome: 'published', sentParts: 4, skippedParts: 0 });
    expect(await isStored('pretended', THREE_PARTS)).toBe(true);
  });

  test('has a name that does not exist: it is asked once, and not again and again', async () => {
    const cause = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    meddle = (_, init) => {
      if (isPut(init)) throw new TypeError('fetch failed', { cause });
      return undefined;
    };

    await expect(upload('nowhere', Buffer.from('bytes'))).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    expect(puts()).toHaveLength(1);
  });

  test('says again and again that bytes are there which are not: that ends', async () => {
    meddle = (_, init) => (isPut(init) ? new Response('', { status: 200 }) : undefined);

    await expect(upload('never', Buffer.from('bytes'))).rejects.toMatchObject({
      code: 'NOT_UPLOADED',
    });
    expect(puts()).toHaveLength(3);
  });

  test.each([
    [
      '<Error><Code>BadDigest</Code><Message>no</Message></Error>',
      'STORAGE_REFUSED',
      /status 400, BadDigest, no$/,
    ],
    ['{"code":"OUT_OF_SPACE","detail":"full"}', 'OUT_OF_SPACE', /status 507, OUT_OF_SPACE, full$/],
  ])('refuses for good with %s: nothing is tried again', async (body, code, message) => {
    const status = code === 'OUT_OF_SPACE' ? 507 : 400;
    meddle = (_, init) => (isPut(init) ? new Response(body, { status }) : undefined);

    const failure = upload(`refused-${status}`, Buffer.from('bytes'));

    await expect(failure).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(puts()).toHaveLength(1);
  });
});

test('bytes that are not what was declared are never published', async () => {
  const sha256 = createHash('sha256').update('declared').digest('hex');
  const declaration = { packageId: 'tool', ext: 'bin', size: 8, sha256 };

  const failure = uploadPackage(client(), {
    versionId: 'lie',
    declaration,
    source: new Blob(['8 bytes!']),
  });

  await expect(failure).rejects.toMatchObject({ code: 'INTEGRITY' });
  expect((await itemsOf(client().listPackages('lie'))).map(({ state }) => state)).toEqual([
    'pending',
  ]);
});

describe('a source that is not what was declared', () => {
  test('in its size is refused before anything is announced', async () => {
    const bytes = Buffer.from('some bytes');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const declaration = { packageId: 'tool', ext: 'bin', size: bytes.length + 2 ** 32, sha256 };

    const failure = uploadPackage(client(), {
      versionId: 'short',
      declaration,
      source: new Blob([bytes]),
    });

    await expect(failure).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'the source must have the 4294967306 bytes that are declared, got 10',
    });
    expect(asked).toEqual([]);
  });

  test.each([
    ['in one request', { method: 'single' }, THREE_PARTS.length],
    ['in parts', { method: 'multipart' }, 16 * MIB],
    ['in parts that declare their SHA-256', { method: 'multipart', partChecksums: true }, 16 * MIB],
  ] as const)('in the size of a slice sends nothing %s', async (name, more, wanted) => {
    const sha256 = createHash('sha256').update(THREE_PARTS).digest('hex');
    const declaration = {
      packageId: 'tool',
      ext: 'bin',
      size: THREE_PARTS.length,
      sha256,
      ...more,
    };
    const source = { size: THREE_PARTS.length, slice: () => new Uint8Array(10) };

    const versionId = `slice-${name.replaceAll(/[^\w]/g, '-')}`;
    const failure = uploadPackage(client(), { versionId, declaration, source });

    await expect(failure).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: `the source must give ${wanted} bytes from byte 0 on, got 10`,
    });
    expect(puts()).toEqual([]);
  });
});

test('a file handle of Node is a source, read part by part', async () => {
  const path = join(served.folder, 'file.bin');
  await writeFile(path, THREE_PARTS);
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const source = {
      size,
      async slice(start: number, end: number) {
        const { buffer, bytesRead } = await file.read(
          new Uint8Array(end - start),
          0,
          end - start,
          start,
        );
        return buffer.subarray(0, bytesRead);
      },
    };
    const sha256 = createHash('sha256').update(THREE_PARTS).digest('hex');
    const declaration = {
      packageId: 'tool',
      ext: 'bin',
      size,
      sha256,
      method: 'multipart',
    } as const;

    await uploadPackage(client(), { versionId: 'handle', declaration, source });

    expect(await isStored('handle', THREE_PARTS)).toBe(true);
  } finally {
    await file.close();
  }
});
