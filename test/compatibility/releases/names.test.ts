/** Commands of this checkout that take filenames, with the server of release 8542cd9, which knows none. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ServerProcess } from '../../support/server-process.ts';
import { CHECKOUT, type Ran, type Release, unpackRelease } from './release.ts';

let release: Release;
let server: ServerProcess;
let cwd: string;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  release = await unpackRelease();
  cwd = await mkdtemp(join(tmpdir(), 'stowage-names-'));
  server = await release.serve(join(cwd, 'storage'));
  env = {
    STOWAGE_URL: server.url,
    STOWAGE_TOKEN: server.adminToken,
    HOME: cwd,
    XDG_CONFIG_HOME: join(cwd, 'config'),
  };
  for (const [name, filename] of [
    ['app', 'My App.zip'],
    ['one', 'Same.zip'],
    ['two', 'Same.zip'],
  ] as const) {
    await writeFile(join(cwd, `${name}.zip`), name);
    const words = ['push', `${name}.zip`, '--version', '1.0.0', '--filename', filename];
    expect(await release.run(words, { cwd, env })).toMatchObject({ code: 0 });
  }
  await run('channel', 'set', 'stable', '1.0.0');
});
afterAll(async () => {
  await server.stop();
  await release.remove();
  await rm(cwd, { recursive: true });
});

function run(...words: readonly string[]): Promise<Ran> {
  return CHECKOUT.run(words, { cwd, env });
}

describe('an earlier service', () => {
  test.each(['1.0.0/My App.zip', '1.0.0/app.zip', '1.0.0/app'])(
    'shows, pulls, yanks and restores %s',
    async (target) => {
      const shown = await run('show', target, '--json');
      const pulled = await run('pull', target, '--out', 'out', '--force');
      const yanked = await run('yank', target);
      const restored = await run('restore', target);

      expect([shown, pulled, yanked, restored].map(({ code }) => code)).toEqual([0, 0, 0, 0]);
      expect(JSON.parse(shown.stdout)).toMatchObject({
        packageId: 'app',
        url: `${server.url}/packages/1.0.0/app.zip`,
      });
      expect(await readFile(join(cwd, 'out', 'My App.zip'), 'utf8')).toBe('app');
    },
  );

  test('lists aliases first, and filenames beside them', async () => {
    const { stdout } = await run('ls', '1.0.0');

    expect(stdout).toMatch(/^FILE .* PACKAGE +PUBLISHED AS\napp\.zip .* app +My App\.zip\n/);
  });

  test('may have two files of one name, and names both', async () => {
    const { code, stderr } = await run('show', '1.0.0/Same.zip');

    expect(code).toBe(1);
    expect(stderr).toMatch(/several files named Same\.zip \(AMBIGUOUS\)\n.*one\.zip, two\.zip\n$/);
  });

  test.each([
    ['yank of whole versions', ['yank', '1.0.0']],
    ['restore of whole versions', ['restore', '1.0.0']],
    ['links for people', ['link', '1.0.0/My App.zip']],
    ['links for people', ['link', 'ls']],
    ['history of channels', ['channel', 'history', 'stable']],
    ['history of channels', ['channel', 'rollback', 'stable']],
    ['public channels', ['channel', 'set', 'stable', '1.0.0', '--public']],
  ])('has no %s: %j', async (what, words) => {
    const { code, stderr } = await run(...words);

    expect(code).toBe(1);
    expect(stderr).toMatch(`has no ${what} (NOT_SUPPORTED)`);
  });

  test('is named by whoami', async () => {
    const { code, stdout } = await run('whoami');

    expect(code).toBe(0);
    expect(stdout).toMatch(/\nmay +admin\n/);
  });
});
