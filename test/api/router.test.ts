/** The router against the route list. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Router } from '../../api/router.ts';
import { ROUTES } from '../../api/routes.ts';

const router = new Router();

describe('Router', () => {
  test.each(Object.entries(ROUTES))(
    '%s is found under its path with each of its methods',
    (operation, route) => {
      const values: Record<string, string> = {};
      const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
        values[name] = `a.${name}`;
        return `a.${name}`;
      });

      for (const method of route.methods) {
        expect(router.match(method, path)).toEqual({
          kind: 'operation',
          operation,
          routeKey: `${method} ${route.path}`,
          pathParameters: Object.keys(values).length === 0 ? undefined : values,
        });
      }
    },
  );

  test.each([
    '',
    'v1',
    '//',
    '/v1',
    '/v1/',
    '/v1/versions/',
    '//v1/versions',
    '/v1//packages',
    '/packages/1.0/a/b',
    '/healthz/',
    '/HEALTHZ',
    '*',
  ])('nothing is under %j', (path) => {
    expect(router.match('GET', path)).toEqual({ kind: 'unknown-path' });
  });

  test('a literal segment wins over a variable', () => {
    expect(router.match('GET', '/packages/1.0/SHA256SUMS')).toMatchObject({ operation: 'getSums' });
    expect(router.match('GET', '/packages/1.0/%53HA256SUMS')).toMatchObject({
      operation: 'getSums',
    });
    expect(router.match('GET', '/channels/stable/SHA256SUMS')).toMatchObject({
      operation: 'getChannelSums',
    });
    expect(router.match('GET', '/packages/1.0/sha256sums')).toMatchObject({
      operation: 'downloadPackage',
    });
  });

  test('a wrong method learns which ones the path takes', () => {
    expect(router.match('DELETE', '/healthz')).toEqual({ kind: 'wrong-method', allowed: ['GET'] });
    expect(router.match('HEAD', '/healthz')).toEqual({ kind: 'wrong-method', allowed: ['GET'] });
    expect(router.match('OPTIONS', '/v1/versions/1/packages')).toEqual({
      kind: 'wrong-method',
      allowed: ['POST', 'GET'],
    });
    // A method of `/v1/tokens/{tokenId}` is no method of the path that the API document names.
    expect(router.match('OPTIONS', '/v1/tokens/exchange')).toEqual({
      kind: 'wrong-method',
      allowed: ['POST'],
    });
    expect(router.match('PUT', '/packages/1.0/SHA256SUMS')).toEqual({
      kind: 'wrong-method',
      allowed: ['GET', 'HEAD'],
    });
  });

  test('variables are decoded once, and keep what was an encoded slash', () => {
    expect(router.match('GET', '/packages/1.0%2B5/a%252Fb%2fc')).toMatchObject({
      operation: 'downloadPackage',
      pathParameters: { versionId: '1.0+5', file: 'a%2Fb/c' },
    });
    expect(router.match('GET', '/packages/1.0+5/%E2%82%AC')).toMatchObject({
      pathParameters: { versionId: '1.0+5', file: '€' },
    });
  });

  test.each(['%', '%2', '%zz', '%ff', '%c3%28', '%ed%a0%80'])(
    '%j in a variable makes the path malformed',
    (value) => {
      expect(router.match('GET', `/channels/${value}`)).toEqual({
        kind: 'malformed-path',
        operation: 'getChannel',
      });
      expect(router.match('GET', `/nowhere/${value}`)).toEqual({ kind: 'unknown-path' });
    },
  );

  test('no path and no method makes it fail', () => {
    const segment = fc.oneof(
      fc.string(),
      fc.constantFrom('v1', 'packages', 'channels', 'versions', '%', '%2f', '..', '', '__proto__'),
    );
    const path = fc.oneof(
      fc.string(),
      fc.array(segment).map((segments) => `/${segments.join('/')}`),
    );
    const method = fc.oneof(fc.string(), fc.constantFrom('GET', 'constructor', '__proto__'));

    fc.assert(
      fc.property(method, path, (aMethod, aPath) => {
        const { kind } = router.match(aMethod, aPath);
        expect(['operation', 'unknown-path', 'wrong-method', 'malformed-path']).toContain(kind);
      }),
      { numRuns: 2000 },
    );
  });
});
