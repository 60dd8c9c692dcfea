/**
 * Flips single bits of stored files, with or without a trace, and downloads them in every way. No
 * answer may hold other bytes.
 */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { open, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parsePackageId, parseVersionId } from '../../core/names.ts';
import { scrubPackage } from '../../core/scrub/scrub-package.ts';
import { type OpenStores, openStores } from '../../local/open-stores.ts';
import { type Running, serve } from '../../local/serve.ts';
import { readSettings } from '../../open/settings/server-settings.ts';
import { LogBook } from '../local/served.ts';
import { type Answer, PlainClient, send } from '../support/plain-client.ts';
import { randomFrom } from './crash.ts';

const run = promisify(execFile);
const VERSION = '1.0';
const SIZES = [1, 100, 4096, 70_000];

export interface FlipReport {
  readonly flips: number;
  /** Flips that changed the time of the last write: refused at once. */
  readonly refusedAtOnce: number;
  /** Flips without a trace: refused by every way once the scrub has looked. */
  readonly refusedAfterScrub: number;
  /** Answers that held other bytes although nothing had refused or reported them. */
  readonly wrong: readonly string[];
}

interface Flip {
  readonly name: string;
  readonly bit: number;
  /** The file keeps size, inode and time of the last write. */
  readonly isTraceless: boolean;
}

/** @param folder empty; a service with signed links and one that sends files itself run on it, one after the other */
export async function flipBits(seed: number, count: number, folder: string): Promise<FlipReport> {
  const random = randomFrom(seed);
  const files = new Map(
    SIZES.map((size, index) => [`tool-${index}`, Buffer.alloc(size, `seed ${seed} file ${index}`)]),
  );
  const report = { flips: 0, refusedAtOnce: 0, refusedAfterScrub: 0, wrong: [] as string[] };
  for (const presignedUrls of [true, false]) {
    const house = await Flipped.open(folder, presignedUrls);
    try {
      for (const [name, bytes] of files) await house.client.push(VERSION, name, bytes, 'single');
      await house.client.json('PUT', '/v1/channels/stable', { versionId: VERSION });
      for (let done = 0; done < count / 2; done++) {
        const name = `tool-${Math.floor(random() * SIZES.length)}`;
        const bytes = files.get(name) ?? Buffer.alloc(0);
        const flip = {
          name,
          bit: Math.floor(random() * bytes.length * 8),
          isTraceless: random() < 0.5,
        };
        const outcome = await house.flipAndAsk(flip, bytes);
        report.flips += 1;
        if (outcome.refusedAtOnce) report.refusedAtOnce += 1;
        if (outcome.refusedAfterScrub) report.refusedAfterScrub += 1;
        report.wrong.push(
          ...outcome.wrong.map(
            (way) => `seed ${seed} ${JSON.stringify({ ...flip, presignedUrls })}: ${way}`,
          ),
        );
      }
    } finally {
      await house.close();
    }
  }
  return report;
}

class Flipped {
  readonly client: PlainClient;
  readonly #folder: string;
  readonly #opened: OpenStores;
  readonly #running: Running;
  readonly #token: string;

  private constructor(folder: string, running: Running, token: string, opened: OpenStores) {
    this.#folder = folder;
    this.#opened = opened;
    this.#running = running;
    this.#token = token;
    this.client = new PlainClient(running.url, token);
  }

  static async open(folder: string, presignedUrls: boolean): Promise<Flipped> {
    const token = `stw_bitflips_${'A'.repeat(43)}`;
    const env = {
      STORAGE_LOCAL_PATH: folder,
      PORT: '0',
      ADMIN_TOKEN: token,
      PRESIGNED_URLS: String(presignedUrls),
    };
    const running = await serve(readSettings(env), { log: new LogBook().log });
    return new Flipped(
      folder,
      running,
      token,
      await openStores(readSettings({ STORAGE_LOCAL_PATH: folder })),
    );
  }

  async close(): Promise<void> {
    await this.#opened.close();
    await this.#running.stop();
  }

  async flipAndAsk(flip: Flip, bytes: Buffer) {
    const path = join(this.#folder, 'packages', VERSION, `${flip.name}.bin`);
    const before = await stat(path, { bigint: true });
    const link = await this.#signedLink(flip.name);
    const wrong: string[] = [];
    await flipBit(path, flip.bit);
    // Through the second before, where the file system keeps nanoseconds that utimes can't write.
    if (!flip.isTraceless) await utimes(path, new Date(), new Date(Number(before.mtimeMs) + 5000));
    let refusedAtOnce = false;
    if (!flip.isTraceless) {
      const answers = await this.#ask(flip.name, link);
      refusedAtOnce = answers.every(({ isRefused }) => isRefused);
      wrong.push(...this.#wrongOf(answers, bytes));
    }
    await this.#scrub(flip.name);
    const answers = await this.#ask(flip.name, link);
    wrong.push(...this.#wrongOf(answers, bytes));
    const listed = await this.client.json<{ items: readonly object[] }>(
      'POST',
      `/v1/versions/${VERSION}/links`,
      {
        packageIds: [flip.name],
      },
    );
    if (!('code' in (listed.items[0] ?? {}))) wrong.push('a batch of links has one to it');
    const refusedAfterScrub = answers.every(({ isRefused }) => isRefused);
    if (!refusedAfterScrub) wrong.push('not refused after the scrub');
    await flipBit(path, flip.bit);
    await this.#scrub(flip.name);
    const restored = await this.#ask(flip.name, await this.#signedLink(flip.name));
    for (const { way, answer } of restored) {
      const isWhole = answer.status === 200 || answer.status === 206;
      if (!isWhole) wrong.push(`${way} is still refused after it was mended`);
    }
    return { refusedAtOnce, refusedAfterScrub, wrong };
  }

  async #signedLink(name: string): Promise<string | undefined> {
    const answer = await this.client.call('GET', `/packages/${VERSION}/${name}.bin`);
    return answer.status === 302 ? String(answer.headers['location']) : undefined;
  }

  async #ask(name: string, link: string | undefined) {
    const authorization = `Bearer ${this.#token}`;
    const follow = async (
      url: string,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<Answer> => {
      const answer = await send(url, { headers: { authorization, ...headers } });
      return answer.status === 302 ? send(String(answer.headers['location']), { headers }) : answer;
    };
    const { url } = this.#running;
    const stable = `${url}/packages/${VERSION}/${name}.bin`;
    const ways: (readonly [string, Promise<Answer>])[] = [
      ['the stable link', follow(stable)],
      ['a part of it', follow(stable, { range: 'bytes=0-' })],
      ['the channel', follow(`${url}/channels/stable/${name}.bin`)],
    ];
    if (link !== undefined) ways.push(['a link that was signed before', send(link)]);
    return Promise.all(
      ways.map(async ([way, asked]) => {
        const answer = await asked;
        return { way, answer, isRefused: answer.status >= 400 };
      }),
    );
  }

  #wrongOf(
    answers: readonly { readonly way: string; readonly answer: Answer }[],
    bytes: Buffer,
  ): readonly string[] {
    const sent = answers.filter(
      ({ answer }) => answer.status < 300 && !sameBytes(answer.body, bytes),
    );
    return sent.map(({ way }) => `${way} sent other bytes`);
  }

  /** As the server's own scrub does it, from another process. */
  async #scrub(name: string): Promise<void> {
    const opened = this.#opened;
    const ref = { versionId: parseVersionId(VERSION), packageId: parsePackageId(name) };
    const record = await opened.catalog.getPackage(ref);
    if (record === undefined) throw new Error(`there is no record of ${name}`);
    await scrubPackage({ ...opened, clock: () => new Date(), pace: async () => {} }, record);
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  return hash(left) === hash(right);
}

/** Without a trace in size, inode and time of the last write, to the nanosecond: Node's own `utimes` rounds. */
async function flipBit(path: string, bit: number): Promise<void> {
  const times = join(tmpdir(), `stowage-times-${randomUUID()}`);
  await run('touch', ['-r', path, times]);
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    const offset = Math.floor(bit / 8);
    await file.read(byte, 0, 1, offset);
    byte.writeUInt8(byte.readUInt8() ^ (1 << (bit % 8)));
    await file.write(byte, 0, 1, offset);
  } finally {
    await file.close();
  }
  await run('touch', ['-r', times, path]);
  await rm(times);
}
