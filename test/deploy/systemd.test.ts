/** The unit of systemd, as systemd's own tool judges it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { likelyMistakes } from '../../open/settings/unknown-settings.ts';

const unit = join(import.meta.dirname, '..', '..', 'deploy', 'systemd', 'stowage.service');
const hasTool = spawnSync('systemd-analyze', ['--version']).error === undefined;
/** From 0 (locked in) to 10. What a unit without restrictions has is 9.6. */
const MOST_EXPOSURE = 1.5;

(hasTool ? test : test.skip)('the unit leaves the server little but network and its folder', () => {
  const words = ['security', '--offline=yes', '--no-pager', unit];

  const judged = execFileSync('systemd-analyze', words, { encoding: 'utf8' });

  const exposure = /exposure level for stowage\.service: ([\d.]+)/.exec(judged)?.[1];
  expect(Number(exposure)).toBeLessThan(MOST_EXPOSURE);
});

test('the unit sets only settings that exist', () => {
  const set = [...readFileSync(unit, 'utf8').matchAll(/^Environment=(\w+)=(.*)$/gm)];
  const env = Object.fromEntries(set.map(([, name, value]) => [name, value]));

  expect(env).toEqual({ STORAGE_LOCAL_PATH: '/var/lib/stowage' });
  expect(likelyMistakes(env)).toEqual([]);
});
