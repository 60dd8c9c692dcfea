/** Requests of uploads that are over: through the real server they store nothing, and say why. */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type Answer, PlainClient, send } from '../support/plain-client.ts';
import { type Served, Servings } from './served.ts';

interface Signed {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const PACKAGES = '/v1/versions/1/packages';
const OVER = {
  status: 409,
  code: 'CONFLICT',
  detail: 'the upload of packages/1/tool.bin is over; create it again',
};
const bytes = Buffer.alloc(1_000_000, 'x');

const servings = new Servings();
let folder: string;
let served: Served;
let client: PlainClient;
beforeEach(async () => {
  folder = await servings.folder();
  served = await servings.start(folder);
  client = new PlainClient(served.url, served.token);
});
afterEach(() => servings.removeAll());

async function create(): Promise<Signed> {
  const terms = { packageId: 'tool', ext: 'bin', size: bytes.length, sha256: sha256Of(bytes) };
  const { upload } = await client.json<{ upload: { request: Signed } }>('POST', PACKAGES, terms);
  return upload.request;
}

function put({ method, url, headers }: Signed): Promise<Answer> {
  return send(url, { method, headers, body: bytes });
}

/** Begins to send: from the first byte on the gateway has taken the request up. */
async function begin({ method, url, headers }: Signed) {
  const all = { ...headers, 'content-length': String(bytes.length), expect: '100-continue' };
  const outgoing = httpRequest(url, { method, headers: all, agent: false });
  outgoing.flushHeaders();
  await once(outgoing, 'continue');
  outgoing.write(bytes.subarray(0, 400_000));
  return async (): Promise<{ readonly status: number | undefined; readonly body: string }> => {
    outgoing.end(bytes.subarray(400_000));
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return { status: answer.statusCode, body: Buffer.concat(chunks).toString() };
  };
}

/** All files of packages, and those that uploads are written to. */
async function filesStored(): Promise<readonly string[]> {
  const roots = ['packages', join('.stowage', 'work'), join('.stowage', 'arrived')];
  const names = await Promise.all(
    roots.map((root) => readdir(join(folder, root), { recursive: true, withFileTypes: true })),
  );
  return names
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

describe('the request of an upload', () => {
  test('that was aborted stores nothing', async () => {
    const request = await create();
    await client.call('DELETE', `${PACKAGES}/tool/upload`);

    const answer = await put(request);

    expect(JSON.parse(answer.body.toString())).toMatchObject(OVER);
    expect(await filesStored()).toEqual([]);
  });

  test('whose package was deleted stores nothing', async () => {
    const request = await create();
    expect((await put(request)).status).toBe(200);
    await client.complete('1', 'tool');
    await client.json('DELETE', `${PACKAGES}/tool`);

    const answer = await put(request);

    expect(JSON.parse(answer.body.toString())).toMatchObject(OVER);
    expect(await filesStored()).toEqual([]);
  });

  test('of an earlier attempt stores nothing while a newer one is under way, which does', async () => {
    const older = await create();
    await client.call('DELETE', `${PACKAGES}/tool/upload`);
    const newer = await create();

    const statuses = [(await put(older)).status, (await put(newer)).status];

    expect(statuses).toEqual([409, 200]);
  });

  test('is refused before a byte is sent by a client that waits for 100', async () => {
    const { method, url, headers } = await create();
    await client.call('DELETE', `${PACKAGES}/tool/upload`);
    const all = { ...headers, 'content-length': String(bytes.length), expect: '100-continue' };
    const outgoing = httpRequest(url, { method, headers: all, agent: false });
    let toldToGoOn = false;
    outgoing.once('continue', () => {
      toldToGoOn = true;
      outgoing.end(bytes);
    });
    outgoing.flushHeaders();

    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];

    expect([answer.resume().statusCode, toldToGoOn]).toEqual([409, false]);
    outgoing.destroy();
  });

  test('that is aborted while it is being sent stores nothing', async () => {
    const end = await begin(await create());
    expect((await client.call('DELETE', `${PACKAGES}/tool/upload`)).status).toBe(204);

    const { status, body } = await end();

    expect([status, JSON.parse(body)]).toMatchObject([409, OVER]);
    expect(await filesStored()).toEqual([]);
  });

  test('that is complete says so to who sends it again', async () => {
    const request = await create();
    await put(request);
    const early = await put(request);
    await client.complete('1', 'tool');
    const late = await put(request);

    expect([early.status, late.status]).toEqual([412, 412]);
  });
});
