/** A checkout is installed with any Node that npm runs under: Node 24 comes with it. */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { NODE_22 } from '../support/node-22.ts';

const root = join(import.meta.dirname, '..', '..');

// Several development dependencies ask for a newer Node, which they get: npm need not warn of each.
test('npm ci warns of nothing under an older Node', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-checkout-'));
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      await copyFile(join(root, file), join(folder, file));
    const { status, stdout, stderr } = spawnSync('npm', ['ci', '--dry-run', '--ignore-scripts'], {
      cwd: folder,
      env: {
        ...withoutNpmSettings(),
        PATH: [dirname(NODE_22), process.env['PATH']].join(delimiter),
      },
      encoding: 'utf8',
    });

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/added \d+ packages/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** Without the settings that npm passes on to what it runs: they would silence this npm, too. */
function withoutNpmSettings(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_config_(?!cache$)/i.test(name));
  return Object.fromEntries(own);
}
