/** What is in the bundles: no more bytes than are listed, and nothing that a function has no use for. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle } from '../../../tools/bench/bundles.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** A new release of the SDK may take a little more. */
const SLACK = 1.1;
const LISTED = JSON.parse(readFileSync(join(ROOT, 'docs', 'bundles.json'), 'utf8')) as Readonly<
  Record<string, number>
>;

let bundles: ReadonlyMap<string, Bundle>;

beforeAll(() => {
  // A process of its own: esbuild does not bear the realm of the test runner.
  const text = execFileSync(process.execPath, ['tools/bench/list-bundles.ts', '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  bundles = new Map((JSON.parse(text) as readonly Bundle[]).map((one) => [one.name, one]));
});

function sourcesOf(name: string, pattern: RegExp): readonly string[] {
  return bundles.get(name)?.sources.filter((source) => pattern.test(source)) ?? [];
}

describe('the bundles', () => {
  test('are all listed in docs/bundles.json (npm run bundles)', () => {
    expect(Object.keys(LISTED).sort()).toEqual([...bundles.keys()].sort());
  });

  test.each(Object.entries(LISTED))(
    '%s has no more than the %i bytes that are listed, and a tenth',
    (name, bytes) => {
      expect(bundles.get(name)?.bytes).toBeLessThanOrEqual(bytes * SLACK);
      expect(bundles.get(name)?.bytes).toBeGreaterThan(bytes / SLACK);
    },
  );

  test('hold nothing of the SDK', () => {
    for (const name of bundles.keys())
      expect([name, ...sourcesOf(name, /@aws-sdk|@smithy/)]).toEqual([name]);
  });

  test('hold what verifies bundles of Sigstore in the function that verifies alone', () => {
    const holding = [...bundles.keys()].filter(
      (name) => sourcesOf(name, /node_modules\/@sigstore|checks\/sigstore/).length > 0,
    );

    expect(holding).toEqual(['verify']);
  });

  test.each(Object.keys(LISTED))('%s holds no pino and no CDK', (name) => {
    expect(sourcesOf(name, /node_modules\/pino|aws-cdk-lib/)).toEqual([]);
  });

  test.each(Object.keys(LISTED))(
    '%s does not load node:http as an ES module: that evaluates what Node else loads late, WebSocket and fetch',
    (name) => {
      expect(
        bundles.get(name)?.builtins.filter((one) => one === 'node:http' || one === 'http'),
      ).toEqual([]);
    },
  );

  test('hold the drivers of one machine nowhere', () => {
    for (const name of bundles.keys())
      expect(sourcesOf(name, /^(local|cli|storage\/(disk|sqlite|memory))\//)).toEqual([]);
  });
});
