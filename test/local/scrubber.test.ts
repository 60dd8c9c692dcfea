/** The scrub beside the server: when it reads, how far it got, and where a start goes on. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { addSeconds } from '../../core/clock.ts';
import { packageKey, parseExt, parsePackageId } from '../../core/names.ts';
import { completeUpload } from '../../core/uploads/complete-upload.ts';
import { Scrubber } from '../../local/scrub/scrubber.ts';
import { ref, singleRequest, World } from '../core/world.ts';
import { LogBook, Servings } from './served.ts';

const servings = new Servings();
const DAY_MS = 86_400_000;
let world: World;
let notesPath: string;
let book: LogBook;

beforeEach(async () => {
  world = new World();
  book = new LogBook();
  notesPath = join(await servings.folder(), 'scrub.json');
  for (const name of ['a', 'b', 'c']) await publish(name, name.repeat(1000));
});
afterEach(() => servings.removeAll());

async function publish(name: string, bytes: string): Promise<void> {
  const packageId = parsePackageId(name);
  const created = await world.create(bytes, { packageId });
  await world.send(singleRequest(created), bytes);
  await completeUpload(world.deps, { ...ref, packageId });
}

function keyOf(name: string) {
  return packageKey(ref.versionId, parsePackageId(name), parseExt('zip'));
}

async function spoil(name: string): Promise<void> {
  const info = await world.memory.stat(keyOf(name));
  if (info !== undefined) await world.memory.delete(keyOf(name), info);
  world.memory.plant(keyOf(name), Buffer.from(name.toUpperCase().repeat(1000)));
}

/** A scrubber whose waits pass at once on a test clock. It stops at the wait that `until` names. */
async function run(
  until: (wait: number, waits: readonly number[]) => boolean,
  days = 30,
): Promise<readonly number[]> {
  const waits: number[] = [];
  const reached = Promise.withResolvers<void>();
  const wait = async (ms: number, signal: AbortSignal) => {
    waits.push(ms);
    if (until(ms, waits)) {
      reached.resolve();
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      );
    }
    world.now = addSeconds(world.now, ms / 1000);
  };
  const deps = { ...world.deps, clock: () => world.now };
  const scrubber = new Scrubber({
    deps,
    log: book.log,
    notesPath,
    days,
    wait,
    isBusy: () => false,
  });
  scrubber.start();
  await reached.promise;
  await scrubber.stop(60_000);
  return waits;
}

async function notes() {
  return JSON.parse(await readFile(notesPath, 'utf8'));
}

const restsAnHour = (ms: number) => ms === 3_600_000;

describe('a round of the scrub', () => {
  test('is spread over half of its days, and begins some minutes after the start', async () => {
    const startedAt = world.now.getTime() + 300_000;

    const waits = await run(restsAnHour);

    const { counts, endedAt } = await notes();
    expect(waits[0]).toBe(300_000);
    expect(counts).toMatchObject({ sound: 3, damaged: 0 });
    // The last of three packages is read after two thirds of the time.
    expect((Date.parse(endedAt) - startedAt) / DAY_MS).toBeCloseTo(10, 0);
    expect(await book.line((line) => line['msg'] === 'scrubbed')).toMatchObject({
      scrub: { sound: 3 },
    });
  });

  test('marks what is damaged, says so in the log, and notes it', async () => {
    await spoil('b');

    await run(restsAnHour);

    expect((await notes()).found).toMatchObject([{ outcome: 'damaged', key: keyOf('b') }]);
    expect(await book.line((line) => line['scrub'] === 'damaged')).toMatchObject({
      level: 50,
      audit: true,
      key: keyOf('b'),
      msg: 'stored bytes are damaged; downloads of this package are refused',
    });
    const packageId = parsePackageId('b');
    expect((await world.catalog.getPackage({ ...ref, packageId }))?.damage).toBeDefined();
  });

  test('that was broken off goes on after the last package, at the next start', async () => {
    // The first waits are that of the start, and of the first package.
    await run((_, waits) => waits.length === 2);
    expect(await notes()).toMatchObject({ place: { packageId: 'a' }, counts: { sound: 1 } });
    await spoil('a');

    await run(restsAnHour);

    expect(await notes()).toMatchObject({ counts: { sound: 3, damaged: 0 } });
  });

  test('is followed by the next one when its days are over', async () => {
    await run(restsAnHour);
    const first = await notes();
    await spoil('c');

    await run((_, waits) => waits.filter(restsAnHour).length > 24 * 30);

    const second = await notes();
    expect((Date.parse(second.startedAt) - Date.parse(first.startedAt)) / DAY_MS).toBeCloseTo(
      30,
      0,
    );
    expect(second.counts).toMatchObject({ sound: 2, damaged: 1 });
  });

  test('begins again where the notes can not be read', async () => {
    await writeFile(notesPath, '{"startedAt": "20');

    await run(restsAnHour);

    expect((await notes()).counts).toMatchObject({ sound: 3 });
  });
});

test('with SCRUB_DAYS=0 nothing is read', async () => {
  const scrubber = new Scrubber({
    deps: world.deps,
    log: book.log,
    notesPath,
    days: 0,
    wait: async () => {
      throw new Error('it waits for something');
    },
  });

  scrubber.start();
  await scrubber.stop(60_000);

  expect(book.lines).toEqual([]);
  await expect(notes()).rejects.toMatchObject({ code: 'ENOENT' });
});
