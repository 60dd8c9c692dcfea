/**
 * The uploader of pages, with `fetch` and no worker, against a real server and a network that
 * misbehaves.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createUploader,
  type FileUpload,
  type NewUpload,
  StowageClient,
  type UploaderOptions,
  type UploadState,
} from '../../../client/public/client.ts';
import { openServed, type Served } from '../served-house.ts';

const MIB = 1024 * 1024;
/** Three parts: 16, 16 and 1 MiB. */
const THREE_PARTS = new Uint8Array(randomBytes(33 * MIB));
const RETRY = { retries: 1, minDelayMs: 0, maxDelayMs: 10 };

type Fetch = typeof globalThis.fetch;

let served: Served;
beforeAll(async () => {
  served = await openServed();
});
afterAll(() => served.close());

function uploaderOf(options: Partial<UploaderOptions> = {}) {
  return createUploader({
    url: served.url,
    getToken: async () => served.token,
    retry: RETRY,
    partsAtOnce: 1,
    ...options,
  });
}

function taskOf(versionId: string, bytes = THREE_PARTS, name = 'tool.bin'): NewUpload {
  return { file: new File([bytes], name), versionId };
}

function stored(versionId: string, name = 'tool.bin'): Promise<Buffer> {
  return readFile(join(served.folder, 'packages', versionId, name));
}

/** Settles when the upload has this state. */
function stateOf(
  uploader: ReturnType<typeof createUploader>,
  upload: FileUpload,
  state: UploadState,
): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (upload.state === state) resolve();
    };
    uploader.on('change', look);
    look();
  });
}

/** A fetch that counts the bytes it sends, and asks `meddle` before each PUT. */
function watchedFetch(meddle: (put: number, signal: AbortSignal | null) => unknown = () => {}) {
  const sent: number[] = [];
  let puts = 0;
  const fetch: Fetch = async (input, init = {}) => {
    if (init.method !== 'PUT') return globalThis.fetch(input, init);
    puts += 1;
    await meddle(puts, init.signal ?? null);
    const answer = await globalThis.fetch(input, init);
    if (init.body instanceof Blob && answer.ok) sent.push(init.body.size);
    return answer;
  };
  return { fetch, sent };
}

/** Rejects on abort, and never settles otherwise: a connection that hangs. */
function hang(signal: AbortSignal | null): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

test('several files are published, and events say how far each one is', async () => {
  const uploader = uploaderOf();
  const changes: string[] = [];
  const bytes: number[] = [];
  uploader.on('change', ({ filename, state }) => changes.push(`${filename} ${state}`));
  uploader.on('progress', (upload) => upload.filename === 'tool.bin' && bytes.push(upload.bytes));
  const small = taskOf('several', new Uint8Array([1, 2, 3]), 'small.txt');

  const uploads = [uploader.add(taskOf('several')), uploader.add(small)];
  const packages = await Promise.all(uploads.map(({ done }) => done));

  expect(packages.map(({ filename, state }) => `${filename} ${state}`)).toEqual([
    'tool.bin available',
    'small.txt available',
  ]);
  expect(changes).toEqual(
    expect.arrayContaining(['small.txt hashing', 'small.txt sending', 'tool.bin sending']),
  );
  expect(bytes).toContain(16 * MIB);
  expect(bytes.at(-1)).toBe(33 * MIB);
  expect((await stored('several')).equals(THREE_PARTS)).toBe(true);
});

test('fields of the package are passed on', async () => {
  const task = taskOf('fields', new Uint8Array([1]));
  const fields = { os: 'linux', arch: 'arm64', filename: 'other.txt', packageId: 'mine' } as const;

  const published = await uploaderOf().add({ ...task, ...fields }).done;

  expect(published).toMatchObject(fields);
});

describe('with upload grants', () => {
  const server = () => new StowageClient({ url: served.url, token: served.token });
  const grantFor = ({ versionId, filename, totalBytes }: FileUpload) =>
    server().grantUpload({
      versionId,
      packageId: filename.replace('.bin', ''),
      filename,
      size: totalBytes,
    });
  const required = (upload: FileUpload | undefined): FileUpload => {
    if (upload === undefined) throw new Error('only uploads have grants');
    return upload;
  };

  test('each file has its own, which is asked for once', async () => {
    const asked: string[] = [];
    const uploader = uploaderOf({
      partsAtOnce: 4,
      getToken: (upload) => {
        asked.push(required(upload).filename);
        return grantFor(required(upload));
      },
    });

    const tasks = ['one.bin', 'two.bin'].map((name) => taskOf('granted', THREE_PARTS, name));
    const packages = await Promise.all(tasks.map((task) => uploader.add(task).done));

    expect(packages.map(({ packageId, state }) => `${packageId} ${state}`)).toEqual([
      'one available',
      'two available',
    ]);
    expect(asked.sort()).toEqual(['one.bin', 'two.bin']);
  });

  test('another one is asked for when half of its life is over', async () => {
    let asked = 0;
    const uploader = uploaderOf({
      getToken: async (upload) => {
        asked += 1;
        const { token } = await grantFor(required(upload));
        return { token, expiresAt: new Date().toISOString() };
      },
    });

    await uploader.add(taskOf('renewed')).done;

    expect(asked).toBeGreaterThan(4);
  });

  test('an upload waits while the server that makes it does not answer', async () => {
    let isAway = true;
    const uploader = uploaderOf({
      retry: { retries: 0, minDelayMs: 0, maxDelayMs: 10 },
      getToken: async (upload) => {
        if (isAway) throw new TypeError('Failed to fetch');
        return grantFor(required(upload));
      },
    });
    const upload = uploader.add(taskOf('waiting', new Uint8Array([1])));

    await Promise.race([stateOf(uploader, upload, 'offline'), upload.done]);
    const { error } = upload;
    isAway = false;
    await upload.done;

    expect(error).toMatchObject({ code: 'UNREACHABLE', message: 'no token: Failed to fetch' });
  });

  test('an upload fails at once where the page gets none for another reason', async () => {
    const uploader = uploaderOf({
      getToken: () => Promise.reject(new Error('you may not upload')),
    });

    await expect(uploader.add(taskOf('refused')).done).rejects.toThrow('you may not upload');
  });

  test('a cancelled one frees its name', async () => {
    const second = Promise.withResolvers<void>();
    const { fetch } = watchedFetch((put, signal) => {
      if (put !== 2) return undefined;
      second.resolve();
      return hang(signal);
    });
    const uploader = uploaderOf({ fetch, getToken: (upload) => grantFor(required(upload)) });
    const upload = uploader.add(taskOf('freed'));
    await second.promise;

    await upload.cancel();

    const ref = ['freed', 'tool'] as const;
    await expect(server().getUpload(...ref)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

test('a Blob without a name needs a filename', () => {
  const task = { file: new Blob(['x']), versionId: '1' };

  expect(() => uploaderOf().add(task)).toThrow('a Blob needs a filename');
});

test('a paused upload sends nothing, and goes on with the missing parts alone', async () => {
  const second = Promise.withResolvers<void>();
  const { fetch, sent } = watchedFetch((put, signal) => {
    if (put !== 2) return undefined;
    second.resolve();
    return hang(signal);
  });
  const uploader = uploaderOf({ fetch });
  const upload = uploader.add(taskOf('paused'));
  await second.promise;

  upload.pause();
  const whilePaused = [upload.state, [...sent]];
  upload.resume();
  await upload.done;

  expect(whilePaused).toEqual(['paused', [16 * MIB]]);
  expect(sent).toEqual([16 * MIB, 16 * MIB, MIB]);
  expect((await stored('paused')).equals(THREE_PARTS)).toBe(true);
});

test('the same file in a new page sends the missing parts alone', async () => {
  const first = watchedFetch((put, signal) => (put === 2 ? hang(signal) : undefined));
  const closed = uploaderOf({ fetch: first.fetch });
  const begun = closed.add(taskOf('closed'));
  await new Promise<void>((resolve) => {
    closed.on('progress', ({ bytes }) => bytes >= 16 * MIB && resolve());
  });
  begun.pause();
  const { fetch, sent } = watchedFetch();

  await uploaderOf({ fetch }).add(taskOf('closed')).done;

  expect(sent).toEqual([16 * MIB, MIB]);
});

describe('a cancelled upload', () => {
  test.each(['cancel', 'signal'])('frees its name (%s)', async (how) => {
    const versionId = `cancelled-${how}`;
    const stop = new AbortController();
    const announced = Promise.withResolvers<void>();
    const { fetch } = watchedFetch((_, signal) => {
      announced.resolve();
      return hang(signal);
    });
    const uploader = uploaderOf({ fetch });
    const upload = uploader.add({ ...taskOf(versionId), signal: stop.signal });
    await announced.promise;

    if (how === 'signal') stop.abort(new Error('enough'));
    await upload.cancel();
    // The other bytes are published under the name: it is free.
    const [other] = await Promise.all([
      uploaderOf().add(taskOf(versionId, new Uint8Array([9]))).done,
      expect(upload.done).rejects.toThrow(how === 'signal' ? 'enough' : 'was cancelled'),
    ]);

    expect(upload.state).toBe('cancelled');
    expect(other.size).toBe(1);
  });

  test('that has not begun sends no request', async () => {
    const requests: unknown[] = [];
    const fetch: Fetch = async (input, init) => {
      requests.push(input);
      return globalThis.fetch(input, init);
    };

    const upload = uploaderOf({ fetch }).add({
      ...taskOf('never'),
      signal: AbortSignal.abort(new Error('no')),
    });

    await expect(upload.done).rejects.toThrow('no');
    expect(requests).toEqual([]);
  });
});

describe('a network that goes away', () => {
  test('and comes back: the upload waits, and goes on by itself', async () => {
    let isAway = true;
    const { fetch: send } = watchedFetch(() => {
      if (isAway) throw new TypeError('Failed to fetch');
    });
    const uploader = uploaderOf({ fetch: send });

    const upload = uploader.add(taskOf('away'));
    await stateOf(uploader, upload, 'offline');
    const error = upload.error;
    isAway = false;
    await upload.done;

    expect(error).toMatchObject({ code: 'UNREACHABLE' });
    expect(upload.error).toBeUndefined();
  });

  test('for longer than it may: the upload fails', async () => {
    const fetch: Fetch = async () => {
      throw new TypeError('Failed to fetch');
    };

    const upload = uploaderOf({ fetch, patienceSeconds: 0 }).add(taskOf('gone'));

    await expect(upload.done).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(upload.state).toBe('failed');
  });
});

/** What a browser does on a page of `http://page.test`: answers that do not name it are kept from it. */
function browserFetch(): { readonly fetch: Fetch; readonly asked: string[] } {
  const asked: string[] = [];
  const fetch: Fetch = async (input, init = {}) => {
    asked.push(`${init.method ?? 'GET'} ${init.mode ?? 'cors'}`);
    const headers = new Headers(init.headers);
    headers.set('origin', 'http://page.test');
    const answer = await globalThis.fetch(input, { ...init, headers });
    if (init.mode === 'no-cors') return new Response();
    const allowed = answer.headers.get('access-control-allow-origin');
    if (allowed === '*' || allowed === 'http://page.test') return answer;
    throw new TypeError('Failed to fetch');
  };
  return { fetch, asked };
}

test('a service that refuses the page says so at once, and what to do', async () => {
  const { fetch, asked } = browserFetch();
  const uploader = uploaderOf({ fetch, pageOrigin: 'http://page.test' });

  await expect(uploader.add(taskOf('cors')).done).rejects.toMatchObject({
    code: 'CORS_REFUSED',
    message: `${served.url} answers, but not to pages of http://page.test; add it to CORS_ORIGINS of the service (on AWS: corsOrigins of the stage)`,
  });
  expect(asked).toEqual(['POST cors', 'GET no-cors', 'GET cors']);
});

test('a service that does not answer is not taken for one that refuses the page', async () => {
  const fetch: Fetch = async () => {
    throw new TypeError('Failed to fetch');
  };
  const client = new StowageClient({
    url: served.url,
    fetch,
    pageOrigin: 'http://page.test',
    retry: { retries: 0 },
  });

  await expect(client.health()).rejects.toMatchObject({ code: 'UNREACHABLE' });
});
