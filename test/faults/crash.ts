/**
 * One crash: the server is killed at a seeded moment of concurrent pushes and started again. It must
 * have lost nothing and left nothing behind.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { PlainClient } from '../support/plain-client.ts';
import { ServerProcess } from '../support/server-process.ts';

const MIB = 1024 * 1024;
const VERSION = '1.0.0';

/** Uniform numbers from a seed (mulberry32), so that a failure can be repeated. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

interface Push {
  readonly packageId: string;
  readonly bytes: Buffer;
  readonly method: 'single' | 'multipart';
}

/** What a seed makes: some pushes, and the request after which the server is killed. */
function planFrom(seed: number): { readonly pushes: readonly Push[]; readonly killAt: number } {
  const random = randomFrom(seed);
  const pushes = Array.from({ length: 6 }, (_, index): Push => {
    const multipart = index % 3 === 2;
    const size = multipart
      ? 16 * MIB + 1 + Math.floor(random() * 16 * MIB)
      : 1 + Math.floor(random() * 2 * MIB);
    return {
      packageId: `package-${index}`,
      bytes: Buffer.alloc(size, `seed ${seed} package ${index}`),
      method: multipart ? 'multipart' : 'single',
    };
  });
  return { pushes, killAt: 1 + Math.floor(random() * 24) };
}

export interface CrashReport {
  readonly availableAfterCrash: readonly string[];
  readonly wrongBytes: readonly string[];
  /** Files under `packages/` that are neither available nor of an upload under way. */
  readonly strays: readonly string[];
  readonly completedAtLast: number;
  /** What is left of uploads in `.stowage/` once all is published. */
  readonly leftovers: readonly string[];
}

/** Kills, restarts, looks; then repeats the pushes and looks again. @param path an empty folder */
export async function crashOnce(seed: number, path: string): Promise<CrashReport> {
  const { pushes, killAt } = planFrom(seed);
  await pushUntilKilled(await ServerProcess.start(path), pushes, killAt);

  const server = await ServerProcess.start(path);
  try {
    const client = new PlainClient(server.url, server.adminToken);
    const states = await statesOf(client);
    const available = [...states].filter(([, state]) => state === 'available').map(([id]) => id);
    const wrongBytes = await wrongOf(client, pushes, available);
    const strays = filesOf(path).filter((file) => !states.has(file.replace(/\.bin$/, '')));

    for (const push of pushes) await client.push(VERSION, push.packageId, push.bytes, push.method);
    const all = pushes.map((push) => push.packageId);
    wrongBytes.push(...(await wrongOf(client, pushes, all)));
    return {
      availableAfterCrash: available,
      wrongBytes,
      strays,
      completedAtLast: filesOf(path).length,
      leftovers: leftoversOf(path),
    };
  } finally {
    await server.stop();
  }
}

/** All pushes at once; the kill comes while request number `killAt` is on its way. */
async function pushUntilKilled(
  server: ServerProcess,
  pushes: readonly Push[],
  killAt: number,
): Promise<void> {
  const client = new PlainClient(server.url, server.adminToken);
  let requests = 0;
  let killed: Promise<unknown> | undefined;
  client.onRequest = () => {
    requests += 1;
    if (requests === killAt) killed = server.kill();
  };
  await Promise.allSettled(
    pushes.map((push) => client.push(VERSION, push.packageId, push.bytes, push.method)),
  );
  await (killed ?? server.kill());
}

async function statesOf(client: PlainClient): Promise<ReadonlyMap<string, string>> {
  const answer = await client.call('GET', `/v1/versions/${VERSION}/packages`);
  if (answer.status === 404) return new Map();
  const { items } = JSON.parse(answer.body.toString()) as {
    items: { packageId: string; state: string }[];
  };
  return new Map(items.map((item) => [item.packageId, item.state]));
}

async function wrongOf(
  client: PlainClient,
  pushes: readonly Push[],
  ids: readonly string[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const push of pushes.filter((one) => ids.includes(one.packageId))) {
    const got = await client.pull(VERSION, `${push.packageId}.bin`);
    if (sha256Of(got) !== sha256Of(push.bytes)) wrong.push(push.packageId);
  }
  return wrong;
}

function filesOf(path: string): readonly string[] {
  try {
    return readdirSync(join(path, 'packages', VERSION));
  } catch {
    return [];
  }
}

/** Everything in the folders of uploads under way. */
function leftoversOf(path: string): readonly string[] {
  return ['work', 'uploads', 'arrived'].flatMap((folder) => {
    const place = join(path, '.stowage', folder);
    return readdirSync(place, { recursive: true, encoding: 'utf8' }).map(
      (file) => `${folder}/${file}`,
    );
  });
}
