/** The files that the console is about to send, without a browser. */
import { beforeAll, expect, test } from '@jest/globals';
import { StowageError } from '../../client/stowage-error.ts';
import type { Uploader } from '../../client/uploader/uploader.ts';
import { UploadDesk } from '../../web/console/upload/upload-desk.ts';

beforeAll(() => {
  // Of the window, where the desk asks before a tab with uploads is closed.
  globalThis.addEventListener ??= () => {};
});

test('an upload that is started just before its names are looked at again begins all the same', async () => {
  const answers: (() => void)[] = [];
  const added: string[] = [];
  const uploader = {
    on: () => () => {},
    add: ({ filename }: { readonly filename: string }) => {
      added.push(filename);
      return { hasEnded: false, done: new Promise(() => {}) };
    },
    client: {
      getVersion: () =>
        new Promise((_, reject) => {
          answers.push(() => reject(new StowageError('NOT_FOUND', 'no such version')));
        }),
      checkNames: async () => [{ verdict: 'free' }],
    },
  } as unknown as Uploader;
  const desk = new UploadDesk(uploader);
  desk.choose([new File(['x'], 'a.txt')]);
  desk.setVersion('1.0.0');

  const started = desk.start();
  const checked = desk.check();
  for (const answer of answers) answer();
  await Promise.all([started, checked]);

  expect(added).toEqual(['a.txt']);
  expect(desk.isChecking).toBe(false);
});
