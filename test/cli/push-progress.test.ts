/** The one line of progress for many files, and how many are pushed at a time. */
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { Output } from '../../cli/output/output.ts';
import { overallProgress } from '../../cli/output/overall-progress.ts';
import type { HashedItem } from '../../cli/push/hash-file.ts';
import { pushTogether } from '../../cli/push/push-together.ts';
import type { UploadReport } from '../../client/upload.ts';

const MIB = 1024 * 1024;

/** A terminal (or a pipe), and a clock that is moved by hand. */
function display({ isTTY, columns, json = false }: Terminal) {
  const stderr = Object.assign(new PassThrough(), { isTTY, columns });
  const stdout = new PassThrough();
  const output = new Output({ stdout, stderr }, json);
  const clock = { now: 0 };
  const total = { files: 14, bytes: 140 * MIB };
  const progress = overallProgress(output, 'pushing', total, () => clock.now);
  const text = () => stderr.read()?.toString() ?? '';
  return { output, progress, clock, text, printed: () => stdout.read()?.toString() ?? '' };
}
interface Terminal {
  readonly isTTY: boolean;
  readonly columns?: number;
  readonly json?: boolean;
}

describe('the progress of many files', () => {
  test.each([
    [100, 'pushing 1/14 files  10%  15 MiB of 140 MiB  1.5 MiB/s  1:25 left'],
    [60, '1/14 files  10%  15 MiB of 140 MiB  1.5 MiB/s  1:25 left'],
    [40, '1/14 files  10%  1.5 MiB/s  1:25 left'],
    [24, '1/14  10%  1:25 left'],
    [12, '1/14  10%'],
    [5, '1/14'],
  ])('fits a terminal of %i columns, without colours', (columns, line) => {
    const { progress, clock, text } = display({ isTTY: true, columns });
    const [one, two] = [progress.file(10 * MIB), progress.file(10 * MIB)];

    clock.now = 10_000;
    two.show('sending', 5 * MIB);
    text();
    clock.now = 10_100;
    one.done(10 * MIB);

    const drawn = text();
    expect(drawn).toBe(`\r${line}\u001b[K`);
    expect(drawn.length - 4).toBeLessThan(columns);
  });

  test('leaves a clean line before others and at its end', () => {
    const { output, progress, clock, text, printed } = display({ isTTY: true, columns: 80 });
    const file = progress.file(10 * MIB);
    clock.now = 1000;
    file.show('sending', MIB);
    text();

    output.line('a file is there');
    expect([text(), printed()]).toEqual(['\r\u001b[K', 'a file is there\n']);
    output.note('nothing is drawn to be erased');
    expect(text()).toBe('nothing is drawn to be erased\n');
    clock.now = 2000;
    file.show('sending', 2 * MIB);
    text();
    progress.end();
    expect(text()).toBe('\r\u001b[K');
  });

  test('does not count what was stored before as speed', () => {
    const { progress, clock, text } = display({ isTTY: true, columns: 80 });
    clock.now = 1000;
    progress.file(100 * MIB).done(0);

    expect(text()).toBe('\rpushing 1/14 files  71%  100 MiB of 140 MiB\u001b[K');
  });

  test('is a line now and then in a pipe, and nothing with --json', () => {
    const pipe = display({ isTTY: false });
    const file = pipe.progress.file(100 * MIB);
    pipe.clock.now = 4999;
    file.show('sending', MIB);
    expect(pipe.text()).toBe('');
    pipe.clock.now = 5000;
    file.show('sending', 70 * MIB);
    file.show('sending', 71 * MIB);
    expect(pipe.text()).toBe('pushing 0/14 files  50%  70 MiB of 140 MiB  14 MiB/s  0:05 left\n');

    const json = display({ isTTY: true, json: true });
    json.clock.now = 10_000;
    json.progress.file(MIB).show('sending', 1);
    json.progress.end();
    expect(json.text()).toBe('');
  });
});

describe('files that are pushed together', () => {
  const item = (name: string, size: number): HashedItem => ({
    path: name,
    filename: name,
    platform: {},
    size,
    sha256: '',
    look: { size, mtimeMs: 0, ino: 0 },
  });

  /** Pushes that end when they are asked to. */
  function begin(items: readonly HashedItem[], mayGoOn: (error: unknown) => boolean) {
    const running = new Map<string, PromiseWithResolvers<UploadReport>>();
    const pushes = pushTogether(
      items,
      ({ filename }, onAnnounced) => {
        const push = Promise.withResolvers<UploadReport>();
        running.set(filename, push);
        onAnnounced();
        return push.promise.finally(() => running.delete(filename));
      },
      mayGoOn,
    );
    /** Lets everything happen that waits for no push. */
    const names = async () => {
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      return [...running.keys()].join(' ');
    };
    const end = (name: string) => running.get(name)?.resolve({} as UploadReport);
    const fail = (name: string) => running.get(name)?.reject(new Error(name));
    return { ...pushes, names, end, fail };
  }

  test('are four small ones, or one large one, in their order', async () => {
    const small = ['a', 'b', 'c', 'd', 'e'].map((name) => item(name, 1));
    const pushes = begin([...small, item('L', 17 * MIB), item('z', 1)], () => true);

    expect(await pushes.names()).toBe('a b c d');
    pushes.end('b');
    expect(await pushes.names()).toBe('a c d e');
    for (const name of ['a', 'c', 'd']) pushes.end(name);
    expect(await pushes.names()).toBe('e');
    pushes.end('e');
    expect(await pushes.names()).toBe('L');
    pushes.fail('L');
    expect(await pushes.names()).toBe('z');
    pushes.end('z');
    await pushes.settled;
  });

  test('are not begun after an error that would stop them too', async () => {
    const items = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => item(name, 1));
    const pushes = begin(items, () => false);

    expect(await pushes.names()).toBe('a b c d');
    pushes.fail('c');
    for (const name of ['a', 'b', 'd']) pushes.end(name);

    await pushes.settled;
    expect(await pushes.names()).toBe('');
    const third = items[2];
    await expect(third && pushes.results.get(third)).rejects.toThrow('c');
  });
});
