/**
 * What schemathesis makes up out of openapi.json is answered as openapi.json says; `npm run soak`
 * asks for more.
 */
import { describe, expect, test } from '@jest/globals';
import { schemathesis } from '../../tools/servers/schemathesis.ts';
import { runSchemathesis } from './schemathesis.ts';

const describeWhereThere = schemathesis.isThere() ? describe : describe.skip;

describeWhereThere('schemathesis', () => {
  test('finds no answer of the service that is not in its contract', async () => {
    const { code, requests, output } = await runSchemathesis({ examples: 5 });

    expect(code === 0 ? '' : output).toBe('');
    expect(requests).toBeGreaterThan(500);
  });
});
