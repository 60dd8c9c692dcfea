/** The index of the decisions lists every one of them, once, by a number of its own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const folder = join(import.meta.dirname, '..', '..', 'docs', 'decisions');
const files = readdirSync(folder)
  .filter((name) => name !== 'README.md')
  .sort();

describe('the decisions', () => {
  test('are numbered from 1 on, none twice', () => {
    expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(
      files.map((_, index) => index + 1),
    );
  });

  test.each(files)('%s is in the index by its number and title', (name) => {
    const number = Number(name.slice(0, 4));
    const [heading = ''] = readFileSync(join(folder, name), 'utf8').split('\n');
    const title = /^# (\d+)\. (.+)$/.exec(heading);
    const index = readFileSync(join(folder, 'README.md'), 'utf8');

    expect(title?.[1]).toBe(String(number));
    expect(index).toContain(`| ${number} | [${title?.[2]}](${name}) |`);
  });
});
