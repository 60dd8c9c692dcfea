/** What `npm run servers` does with servers that are there, missing, or not to be had. */
import { expect, test } from '@jest/globals';
import type { Installable } from '../../tools/servers/installable.ts';
import { provide } from '../../tools/servers/provide.ts';

function server(
  name: string,
  there: boolean,
  install: (arrive: () => void) => Promise<void>,
): Installable {
  let isThere = there;
  return {
    name,
    takes: 'a miracle',
    isThere: () => isThere,
    install: () =>
      install(() => {
        isThere = true;
      }),
  };
}

const refuse = async () => {
  throw new Error('no such mirror');
};

test('a server that is there is not installed again', async () => {
  const lines: string[] = [];

  expect(await provide([server('one', true, refuse)], (line) => lines.push(line))).toBe(true);

  expect(lines).toEqual(['one: is there']);
});

test('servers are installed at the same time', async () => {
  const both = Promise.withResolvers<void>();
  let begun = 0;
  const install = async (arrive: () => void) => {
    begun += 1;
    if (begun === 2) both.resolve();
    await both.promise;
    arrive();
  };

  expect(
    await provide([server('one', false, install), server('two', false, install)], () => {}),
  ).toBe(true);
});

test('where one can not be had, it is said why and what it takes, and the others are installed', async () => {
  const lines: string[] = [];
  const arrives = async (arrive: () => void) => arrive();

  const all = await provide([server('one', false, refuse), server('two', false, arrives)], (line) =>
    lines.push(line),
  );

  expect(all).toBe(false);
  expect(lines).toContain('one: no such mirror');
  expect(lines).toContain(
    'one: could not be installed, its tests will be skipped; it takes a miracle',
  );
  expect(lines).toContain('two: installed in 0 s');
});

test('an installer that ends well and leaves nothing has installed nothing', async () => {
  expect(await provide([server('one', false, async () => {})], () => {})).toBe(false);
});
