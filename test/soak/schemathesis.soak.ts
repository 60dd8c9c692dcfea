/**
 * schemathesis for some minutes; `npm run soak` runs it, `npm test` a short one. SOAK_SEED sets the
 * seed, so that a failure can be repeated.
 */
import { describe, expect, test } from '@jest/globals';
import { schemathesis } from '../../tools/servers/schemathesis.ts';
import { runSchemathesis } from '../e2e/schemathesis.ts';

const seed = Number(process.env['SOAK_SEED'] ?? 1000);
const MANNERS: readonly Readonly<Record<string, string>>[] = [
  {},
  { PRESIGNED_URLS: 'false' },
  { PUBLIC_DOWNLOADS: 'true', CORS_ORIGINS: '*' },
];

const describeWhereThere = schemathesis.isThere() ? describe : describe.skip;

describeWhereThere(`schemathesis with seed ${seed}`, () => {
  test.each(MANNERS.map((settings) => [settings]))(
    'finds no answer of a service with %j that is not in its contract',
    async (settings) => {
      const { code, requests, output } = await runSchemathesis({ examples: 50, seed, settings });

      expect(code === 0 ? '' : output).toBe('');
      expect(requests).toBeGreaterThan(1000);
    },
    1_200_000,
  );
});
