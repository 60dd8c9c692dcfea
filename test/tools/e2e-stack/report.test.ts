/** The table of a run against a deployed stack, and what it says that the run cost. */
import { expect, test } from '@jest/globals';
import { costOf } from '../../../tools/e2e-stack/costs.ts';
import { formatReport, isVerified, rowsOf } from '../../../tools/e2e-stack/report.ts';
import type { TestResult } from '../../../tools/e2e-stack/stack-run.ts';

const STACK = { stackName: 'Stowage-dev', region: 'eu-central-1' };
const TRAFFIC = { api: 500, bucket: 90, cdn: 60, throttled: 0, cdnBytes: 0, recalls: 13 };

function result(title: string, status: string, failureMessages: string[] = []): TestResult {
  const ancestorTitles = ['service contract: Stowage-dev', 'downloads'];
  const fullName = [...ancestorTitles, title].join(' ');
  return { ancestorTitles, title, fullName, status, duration: 12.4, failureMessages };
}

test('each fact is verified, failed with its reason, or skipped with why', () => {
  const results = [
    result('a', 'passed'),
    result('b', 'failed', ['expected 1, got 2']),
    result('c', 'pending'),
    result('d', 'passed'),
  ];
  const nameOf = (title: string) => `service contract: Stowage-dev downloads ${title}`;
  const rows = rowsOf({ skips: { c: 'no pages' } }, results, [
    { test: nameOf('a'), note: 'took 3 s' },
    { test: nameOf('d'), skipped: 'the spare is too young' },
  ]);

  const text = formatReport(STACK, rows, TRAFFIC);

  expect(text.split('\n')).toEqual([
    '',
    'fact          result    time   note',
    'downloads: a  verified  12 ms  took 3 s',
    'downloads: b  FAILED    12 ms',
    'downloads: c  skipped          no pages',
    'downloads: d  skipped          the spare is too young',
    '',
    'downloads: b',
    'expected 1, got 2',
    '',
    'Stowage-dev in eu-central-1: 1 verified, 1 failed, 2 skipped',
    expect.stringMatching(
      /^requests: 500 to the API, 90 to the bucket, 60 to the CDN; 13 recalls\. Costs at most \d+ cents/,
    ),
    '',
  ]);
});

test('a run is verified where something was, and nothing failed', () => {
  const rows = (...statuses: string[]) =>
    rowsOf(
      { skips: {} },
      statuses.map((status) => result('a', status)),
      [],
    );

  expect(isVerified(rows('passed', 'pending'))).toBe(true);
  expect(isVerified(rows('passed', 'failed'))).toBe(false);
  expect(isVerified(rows('pending'))).toBe(false);
  expect(isVerified([])).toBe(false);
});

test('a run costs cents, most of them for what the CDN must forget', () => {
  const { recalls } = TRAFFIC;

  expect(costOf(TRAFFIC)).toBeLessThan(0.25);
  expect(costOf(TRAFFIC) - costOf({ ...TRAFFIC, recalls: 0 })).toBeCloseTo(recalls * 0.01);
});
