/** What needs no package: health, OpenAPI, unknown paths, wrong input, browsers. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { aProblem, jsonOf, problemOf, type Visit } from './visit.ts';

const HELLO = Buffer.from('hello, world');

export function describeServicePaths(visit: () => Visit): void {
  test('it is healthy, and says which release it is', async () => {
    const answer = await visit().anonymously('GET', '/healthz');

    expect([answer.status, jsonOf(answer)]).toEqual([
      200,
      { status: 'ok', version: expect.any(String) },
    ]);
  });

  test('it describes itself as openapi.json says', async () => {
    const answer = await visit().anonymously('GET', '/openapi.json');

    expect(answer.status).toBe(200);
    expect(jsonOf(answer)).toEqual(JSON.parse(readFileSync('openapi.json', 'utf8')));
  });

  test('unknown paths are answered with a problem', async () => {
    const here = visit();

    for (const path of [
      '/nothing',
      '/v1/versions/1.0/nothing',
      '/packages/1.0/x.bin/y',
      '/packages//x.bin',
    ]) {
      expect([path, problemOf(await here.anonymously('GET', path))]).toEqual([
        path,
        aProblem(404, 'NOT_FOUND'),
      ]);
    }
  });

  test('a wrong method is answered with a problem that names the right ones', async () => {
    const answer = await visit().anonymously('PUT', '/v1/versions');

    expect(problemOf(answer)).toEqual(aProblem(405, 'METHOD_NOT_ALLOWED'));
    expect(answer.headers['allow']).toBe('GET');
  });

  test('a problem names the request', async () => {
    const answer = await visit().anonymously('GET', '/nothing');

    expect(jsonOf(answer)).toMatchObject({
      type: expect.any(String),
      status: 404,
      instance: expect.stringMatching(/.{8,}/),
    });
  });

  test('what is not JSON, or not what the operation takes, is refused', async () => {
    const here = visit();
    const post = (body: string, type = 'application/json') =>
      here.target.send(here.target.url + here.path('/packages'), {
        method: 'POST',
        headers: { authorization: `Bearer ${here.target.adminToken}`, 'content-type': type },
        body,
      });

    expect(problemOf(await post('{'))).toEqual(aProblem(400, 'INVALID_INPUT'));
    expect(problemOf(await post('{"unknown":1}'))).toEqual(aProblem(400, 'INVALID_INPUT'));
    expect(problemOf(await post('a=b', 'application/x-www-form-urlencoded'))).toEqual(
      aProblem(415, 'UNSUPPORTED_MEDIA_TYPE'),
    );
  });

  test('a page of the configured origin may call', async () => {
    const here = visit();
    const { corsOrigin: origin } = here.target.promises;

    const preflight = await here.anonymously('OPTIONS', here.path('/packages'), {
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    const answer = await here.anonymously('GET', '/healthz', { headers: { origin } });

    expect([200, 204]).toContain(preflight.status);
    expect(preflight.headers['access-control-allow-origin']).toBe(origin);
    expect(preflight.headers['access-control-allow-methods']).toMatch(/POST/);
    expect(preflight.headers['access-control-allow-headers']).toMatch(/authorization/i);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
  });

  test('a page of the configured origin may send to the store', async () => {
    const here = visit();
    const { corsOrigin: origin } = here.target.promises;
    const request = await here.announce('hello', HELLO);

    const preflight = await here.target.send(request.url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': Object.keys(request.headers).join(',').toLowerCase(),
      },
    });
    const sent = await here.sendSigned(
      { ...request, headers: { ...request.headers, origin } },
      HELLO,
    );

    expect([200, 204]).toContain(preflight.status);
    expect([origin, '*']).toContain(preflight.headers['access-control-allow-origin']);
    expect([
      sent.status,
      [origin, '*'].includes(String(sent.headers['access-control-allow-origin'])),
    ]).toEqual([200, true]);
  });
}
