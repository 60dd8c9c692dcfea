/** The launcher in a checkout. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { NODE_22 } from '../support/node-22.ts';

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'stowage.js');

test('under a Node that runs no TypeScript, it says how to start', () => {
  const ran = spawnSync(NODE_22, [launcher, '--version'], { encoding: 'utf8' });

  expect(ran).toMatchObject({
    status: 1,
    stdout: '',
    stderr:
      'in a checkout, stowage needs Node 24 or newer, this is v22.13.1; start it with npm or npx, which use the Node among the development dependencies\n',
  });
});
