/** No input makes a 500, and every answer keeps the contract. The house checks both. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type OperationId, ROUTES, type Route } from '../../api/routes.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { House } from './house.ts';

const RUNS = 1500;

/** Texts that are nearly right find more than noise does. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '1.0.0',
    'tool',
    'zip',
    'tool.zip',
    'stable',
    '..',
    '%2f',
    '\0',
    '__proto__',
    'constructor',
    '\ud800',
  ),
);
const value = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.constantFrom(
    1,
    5,
    200_000_000,
    2 ** 53,
    null,
    true,
    sha256Of('x'),
    ['read'],
    ['tool'],
    [1],
    {},
  ),
  fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 4 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc
    .date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') })
    .map((date) => date.toISOString()),
);
const field = fc.constantFrom(
  ...[
    'packageId',
    'ext',
    'filename',
    'size',
    'sha256',
    'contentType',
    'metadata',
    'method',
    'partChecksums',
  ],
  ...[
    'partNumbers',
    'sha256s',
    'packageIds',
    'reason',
    'versionId',
    'expectedVersionId',
    'name',
    'scopes',
    'versions',
    'expiresAt',
  ],
);
const likely = fc.record(
  {
    packageId: text,
    ext: fc.constantFrom('zip', 'tar.gz'),
    filename: text,
    size: fc.constantFrom(1, 200_000_000),
    sha256: fc.constant(sha256Of('x')),
    contentType: fc.constantFrom('application/zip', 'text/plain; charset="x"'),
    metadata: fc.dictionary(text, text, { maxKeys: 3 }),
    method: fc.constantFrom('single', 'multipart'),
    partChecksums: fc.boolean(),
  },
  { requiredKeys: ['size', 'sha256', 'ext'] },
);
const body = fc.oneof(fc.dictionary(field, value, { maxKeys: 6 }), likely, fc.jsonValue());

const request = fc.record({
  id: fc.constantFrom(...(Object.keys(ROUTES) as OperationId[])),
  head: fc.boolean(),
  path: fc.record({
    versionId: fc.oneof(fc.constant('1.0.0'), text),
    packageId: fc.oneof(fc.constant('tool'), text),
    channel: fc.oneof(fc.constant('stable'), text),
    tokenId: text,
    file: fc.oneof(fc.constant('tool.zip'), text),
  }),
  query: fc.option(
    fc.dictionary(fc.oneof(fc.constantFrom('limit', 'cursor'), text), text, { maxKeys: 2 }),
    {
      nil: undefined,
    },
  ),
  headers: fc.dictionary(
    fc.constantFrom(
      'accept',
      'if-none-match',
      'content-type',
      'content-length',
      'content-encoding',
      'Range',
      'X-A',
    ),
    text,
    { maxKeys: 3 },
  ),
  body,
  raw: fc.option(text, { nil: undefined }),
});

test('whatever comes, no answer is a 500 and all keep the contract', async () => {
  const house = new House();
  const token = await house.token(['admin']);
  await house.publish('1.0.0', 'tool.zip');
  await house.call('putChannel', {
    token,
    path: { channel: 'stable' },
    body: { versionId: '1.0.0' },
  });

  await fc.assert(
    fc.asyncProperty(request, async ({ id, head, path, query, headers, raw, body: json }) => {
      const route: Route = ROUTES[id];
      const names = Object.entries(path).filter(([name]) => route.path.includes(`{${name}}`));
      const method = head && route.methods.includes('HEAD') ? 'HEAD' : route.methods[0];
      const answer = await house.call(id, {
        token,
        method,
        path: Object.fromEntries(names),
        headers,
        ...(query === undefined ? {} : { query }),
        ...(raw === undefined ? { body: json } : { text: raw }),
      });

      expect([id, answer.status]).not.toEqual([id, 500]);
    }),
    { numRuns: RUNS },
  );
});

test('no text in the place of a token is let in, and none makes a fault', async () => {
  const house = new House();

  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        text,
        text.map((one) => `Bearer ${one}`),
      ),
      async (authorization) => {
        const answer = await house.call('listVersions', { headers: { authorization } });
        expect(answer.status).toBe(401);
      },
    ),
    { numRuns: 500 },
  );
});
