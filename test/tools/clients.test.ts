/** `npm run clients`: which tests and pages it knows, and what its table says of a run. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { clientsTable, replaceTable } from '../../tools/clients/table.ts';
import { TRIALS, type Trial } from '../../tools/clients/trials.ts';

const root = join(import.meta.dirname, '..', '..');
const DATE = new Date('2026-11-28T12:00:00Z');

describe('the stock clients', () => {
  test('have a page each, and each page has a client', () => {
    const pages = readdirSync(join(root, 'docs', 'clients')).filter((page) => page !== 'README.md');

    expect(TRIALS.map(({ page }) => page).sort()).toEqual(pages.sort());
  });

  test('have the tests of test/clients, also those that are too heavy for each commit', () => {
    const files = ['test/clients', 'test/clients/heavy'].flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((file) => /\.(test|client)\.ts$/.test(file))
        .map((file) => `${folder}/${file}`),
    );
    const run = TRIALS.flatMap((trial) => trial.test ?? []);

    expect(files.filter((file) => !run.includes(file))).toEqual([]);
    expect(run.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

describe('the table', () => {
  const trial: Trial = { client: 'tool', page: 'tool.md', what: 'install', test: 'tool.test.ts' };
  const resultOf = (passed: number, failed: number, skipped: number) =>
    clientsTable([{ trial, versions: ['1.2.3'], counts: { passed, failed, skipped } }], DATE)
      .trim()
      .split('\n')
      .at(-1);

  test.each([
    ['4 passed', 4, 0, 0],
    ['**1 failed**, 3 passed', 3, 1, 0],
    ['**could not be run**', 0, 0, 1],
    ['**could not be run** in full, 2 passed', 2, 0, 1],
    ['**could not be run**', 0, 0, 0],
  ])('says %s after %i passed, %i failed and %i skipped tests', (said, passed, failed, skipped) => {
    const line = resultOf(passed, failed, skipped);

    expect(line).toBe(
      `| [tool](tool.md) | 1.2.3 | 2026-11-28 | install | ${said} | tool.test.ts |`,
    );
  });

  test('says why a client is not run', () => {
    const absent: Trial = {
      client: 'tool',
      page: 'tool.md',
      what: 'not run: needs Windows',
      source: 'its source',
    };

    expect(clientsTable([{ trial: absent, versions: [] }], DATE)).toContain(
      '| [tool](tool.md) | - | - | not run: needs Windows | - | its source |\n',
    );
  });

  test('takes its place in the page, again and again', () => {
    const page = readFileSync(join(root, 'docs', 'clients', 'README.md'), 'utf8');

    const once = replaceTable(page, '| a |\n');

    expect(replaceTable(once, '| b |\n')).toBe(once.replace('| a |', '| b |'));
    expect(once).toContain('## What all of them share');
    expect(once).not.toContain('Squirrel.Windows');
  });
});
