/** Pushes that race through two servers on one bucket and one table, while one server is killed and restarted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { PlainClient } from '../support/plain-client.ts';
import { ServerProcess } from '../support/server-process.ts';
import { freePort } from '../support/servers/listening.ts';
import { randomFrom } from './crash.ts';

const MIB = 1024 * 1024;
const VERSION = '1.0.0';
/** As a CI job of many files pushes them. */
const AT_ONCE = 8;
/** A server is back within a second or two; the other one answers meanwhile. */
const ATTEMPTS = 200;
const TOKEN = `stw_racerace_${'r'.repeat(43)}`;

interface Push {
  readonly packageId: string;
  readonly bytes: Buffer;
  readonly method: 'single' | 'multipart';
  /** The server that is asked first. */
  readonly first: number;
  /** Somebody else pushes other bytes under the same name. */
  readonly contested: boolean;
}

export interface RaceReport {
  /** Servers that were killed and have come back. */
  readonly restarts: number;
  readonly published: number;
  /** Pushes that were refused because other bytes have the name. */
  readonly refused: number;
  /** Names that were pushed, and listed names, each as often as it is listed as available. */
  readonly names: readonly string[];
  readonly listed: readonly string[];
  /** What is wrong with what the stable links of both servers lead to. */
  readonly wrong: readonly string[];
}

/**
 * Runs `count` pushes (a multiple of 8): half of them alone with their name, a quarter in pairs of the same bytes, a quarter in pairs of
 * other bytes.
 * @param environment of both servers: bucket, table, signing key
 */
export async function race(
  seed: number,
  count: number,
  environment: Readonly<Record<string, string>>,
): Promise<RaceReport> {
  const random = randomFrom(seed);
  const pushes = shuffled(pushesFrom(seed, count, random), random);
  const killAt = Math.floor(count * (0.5 + random()));
  const house = await TwoServers.start(environment);
  try {
    let requests = 0;
    let restarted: Promise<unknown> | undefined;
    for (const client of house.clients) {
      client.onRequest = () => {
        requests += 1;
        if (requests === killAt) restarted = house.killAndRestart(1);
      };
    }
    const outcomes = await inTurn(pushes, (push) => pushThrough(house.clients, push));
    await restarted;

    const published = pushes.filter((_, index) => outcomes[index] === 'published');
    const names = [...new Set(pushes.map(({ packageId }) => packageId))].sort();
    return {
      restarts: house.restarts,
      published: published.length,
      refused: pushes.length - published.length,
      names,
      listed: await listed(house.clients),
      wrong: await wrongOf(house.clients, names, published),
    };
  } finally {
    await house.stop();
  }
}

function pushesFrom(seed: number, count: number, random: () => number): readonly Push[] {
  const pushes: Push[] = [];
  const contents = (name: string) => {
    const large = random() < 0.08;
    const size = large
      ? 16 * MIB + 1 + Math.floor(random() * MIB)
      : 1 + Math.floor(random() * 200_000);
    return Buffer.alloc(size, `seed ${seed} ${name}`);
  };
  const add = (packageId: string, bytes: Buffer, contested: boolean) => {
    const method = bytes.length > 16 * MIB || random() < 0.3 ? 'multipart' : 'single';
    pushes.push({ packageId, bytes, method, first: pushes.length % 2, contested });
  };
  for (let n = 0; n < count / 2; n++) add(`alone-${n}`, contents(`alone ${n}`), false);
  for (let n = 0; n < count / 8; n++) {
    const bytes = contents(`same ${n}`);
    for (const _ of ['one', 'other']) add(`same-${n}`, bytes, false);
    for (const who of ['one', 'other']) add(`rivals-${n}`, contents(`${who} of ${n}`), true);
  }
  return pushes;
}

/** Pairs stay side by side, so that they race. */
function shuffled(pushes: readonly Push[], random: () => number): readonly Push[] {
  const places = new Map(pushes.map(({ packageId }) => [packageId, random()]));
  return pushes.toSorted((a, b) => (places.get(a.packageId) ?? 0) - (places.get(b.packageId) ?? 0));
}

async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

/** Goes on with the other server where one fails, as often as it takes. */
async function pushThrough(
  clients: readonly PlainClient[],
  push: Push,
): Promise<'published' | 'refused'> {
  const { packageId, bytes, method, first, contested } = push;
  let failure: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      await clients[(first + attempt) % clients.length]?.push(VERSION, packageId, bytes, method);
      return 'published';
    } catch (error) {
      failure = error;
      if (contested && /"code":"(ALREADY_EXISTS|UPLOAD_IN_PROGRESS)"/.test(String(error)))
        return 'refused';
    }
  }
  throw new Error(`${packageId} could not be pushed`, { cause: failure });
}

async function listed(clients: readonly PlainClient[]): Promise<readonly string[]> {
  const [client] = clients;
  const found: string[] = [];
  let cursor = '';
  do {
    const path = `/v1/versions/${VERSION}/packages?limit=1000${cursor}`;
    const page = await client?.json<{
      readonly items: readonly { readonly packageId: string; readonly state: string }[];
      readonly nextCursor?: string;
    }>('GET', path);
    for (const { packageId, state } of page?.items ?? [])
      if (state === 'available') found.push(packageId);
    cursor = page?.nextCursor === undefined ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`;
  } while (cursor !== '');
  return found.sort();
}

/** For each name, both servers must hand out the bytes of every push that was confirmed. */
async function wrongOf(
  clients: readonly PlainClient[],
  names: readonly string[],
  published: readonly Push[],
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const name of names) {
    const expected = new Set(
      published.filter((one) => one.packageId === name).map(({ bytes }) => sha256Of(bytes)),
    );
    if (expected.size !== 1)
      wrong.push(`${name}: ${expected.size} contents were confirmed as published`);
    for (const client of clients) {
      const got = sha256Of(await client.pull(VERSION, `${name}.bin`));
      if (!expected.has(got)) wrong.push(`${name}: other bytes`);
    }
  }
  return wrong;
}

class TwoServers {
  readonly clients: readonly PlainClient[];
  restarts = 0;
  readonly #folders: readonly string[];
  readonly #environments: readonly Readonly<Record<string, string>>[];
  readonly #servers: ServerProcess[];

  private constructor(
    folders: readonly string[],
    environments: readonly Readonly<Record<string, string>>[],
    servers: ServerProcess[],
  ) {
    this.#folders = folders;
    this.#environments = environments;
    this.#servers = servers;
    this.clients = servers.map(({ url }) => new PlainClient(url, TOKEN));
  }

  static async start(environment: Readonly<Record<string, string>>): Promise<TwoServers> {
    const folders: string[] = [];
    const environments: Record<string, string>[] = [];
    const servers: ServerProcess[] = [];
    for (let n = 0; n < 2; n++) {
      const folder = mkdtempSync(join(tmpdir(), 'stowage-race-'));
      // Started again, it is where it was.
      const own = { ...environment, ADMIN_TOKEN: TOKEN, PORT: String(await freePort()) };
      folders.push(folder);
      environments.push(own);
      servers.push(await ServerProcess.start(folder, own));
    }
    return new TwoServers(folders, environments, servers);
  }

  async killAndRestart(index: number): Promise<void> {
    await this.#servers[index]?.kill();
    this.#servers[index] = await ServerProcess.start(
      this.#folders[index] ?? '',
      this.#environments[index],
    );
    this.restarts += 1;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) await server.stop();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}
