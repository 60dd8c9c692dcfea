/** The committed OpenAPI document: valid, complete, and what the code makes. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { openApiDocument } from '../../api/openapi.ts';
import { ROUTES, type Route } from '../../api/routes.ts';
import { RELEASE } from '../../core/release.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

describe('openapi.json', () => {
  test('is what `npm run openapi` writes', () => {
    expect(read('openapi.json')).toBe(`${JSON.stringify(openApiDocument(RELEASE), null, 2)}\n`);
  });

  test('is valid OpenAPI 3.1', async () => {
    expect(await new Validator().validate(JSON.parse(read('openapi.json')))).toEqual({
      valid: true,
    });
  });

  test('has every method of every route, under names that occur once', () => {
    const document = JSON.parse(read('openapi.json'));
    const routes: readonly Route[] = Object.values(ROUTES);
    const described = routes.flatMap(({ path, methods }) =>
      methods.map((method) => document.paths[path]?.[method.toLowerCase()]?.operationId as unknown),
    );

    expect(described).toEqual(described.map(() => expect.any(String)));
    expect(new Set(described).size).toBe(described.length);
  });
});

describe('the document', () => {
  const document = openApiDocument(RELEASE);

  test('requires a body just where an empty one would be refused', () => {
    const required = Object.values(document.paths ?? {}).flatMap((path) =>
      Object.values(
        path as Record<string, { operationId: string; requestBody?: { required: boolean } }>,
      )
        .filter(({ requestBody }) => requestBody?.required === true)
        .map(({ operationId }) => operationId),
    );

    expect(required).toEqual([
      'createPackage',
      'signParts',
      'checkNames',
      'createLinks',
      'createLink',
      'putChannel',
      'putRollout',
      'createToken',
      'createTrustRule',
      'exchangeToken',
    ]);
  });

  test.each([
    ['https://files.example/openapi.json', 'https://files.example/'],
    ['https://files.example/stowage/openapi.json', 'https://files.example/stowage/'],
  ])('served as %s is about the service at %s', (from, service) => {
    expect(document.servers?.map(({ url }) => new URL(url, from).href)).toEqual([service]);
  });
});

test('the release is that of package.json', () => {
  expect(RELEASE).toBe(JSON.parse(read('package.json')).version);
});
