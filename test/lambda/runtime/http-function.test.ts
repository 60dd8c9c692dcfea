/** A function behind the HTTP API: which operation an event is for, and what a cold start that fails does. */
import { describe, expect, test } from '@jest/globals';
import { ROUTES } from '../../../api/routes.ts';
import { ServiceError } from '../../../core/errors.ts';
import { httpFunction } from '../../../lambda/runtime/http-function.ts';
import { about } from '../../../service/about.ts';
import { catalog } from '../../../service/catalog.ts';
import { House } from '../../service/house.ts';

function functionOf(house: House, open = async () => house.services) {
  return httpFunction(
    { getHealth: about.getHealth, getPackage: catalog.getPackage },
    house.services.log,
    open,
  );
}

describe('a function of one privilege', () => {
  test('runs the operation that the route key names', async () => {
    const house = new House();
    const handler = functionOf(house);
    const record = await house.publish('1.0.0', 'tool.zip');
    const token = await house.token(['read']);
    const path = { versionId: '1.0.0', packageId: 'tool' };

    const health = await house.invoke(handler, { route: ROUTES.getHealth.path });
    const found = await house.invoke(handler, { route: ROUTES.getPackage.path, path, token });

    expect([health.status, found.status]).toEqual([200, 200]);
    expect(found.json.key).toBe(record.key);
  });

  test('answers 404 for what no route takes, and 405 with Allow for a wrong method, as $default', async () => {
    const house = new House();
    const handler = functionOf(house);

    const unknown = await house.invoke(handler, { route: '/nowhere' });
    const wrong = await house.invoke(handler, { method: 'PATCH', route: '/healthz' });

    expect([unknown.status, unknown.json.code]).toEqual([404, 'NOT_FOUND']);
    expect([wrong.status, wrong.json.code, wrong.headers['allow']]).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
      'GET',
    ]);
  });
});

describe('a cold start', () => {
  test('that a service refuses for a while is answered 503 with Retry-After, and tried again at the next call', async () => {
    const house = new House();
    let tries = 0;
    const handler = functionOf(house, async () => {
      tries += 1;
      if (tries < 3) throw new ServiceError('UNAVAILABLE', 'secret arn:aws:1 is not there');
      return house.services;
    });

    const first = await house.invoke(handler, { route: '/healthz' });
    const second = await house.invoke(handler, { route: '/healthz' });
    const third = await house.invoke(handler, { route: '/healthz' });

    expect([first.status, second.status, third.status]).toEqual([503, 503, 200]);
    expect(first.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '5',
    });
    expect(first.text).not.toContain('arn:');
    expect(house.log()[0]).toMatchObject({
      level: 50,
      requestId: 'request-1',
      err: { code: 'UNAVAILABLE' },
    });
  });

  test('that fails by a wrong setting answers an internal error, without details', async () => {
    const house = new House();
    const handler = functionOf(house, async () => {
      throw new ServiceError('INVALID_INPUT', 'these settings are wrong:\nTABLE_NAME: got nothing');
    });

    const answer = await house.invoke(handler, { route: '/healthz' });

    expect([answer.status, answer.json.code]).toEqual([500, 'INTERNAL']);
    expect(answer.text).not.toContain('TABLE_NAME');
    expect(house.lines.join()).toContain('TABLE_NAME');
  });

  test('is done once for calls that come at the same time', async () => {
    const house = new House();
    let tries = 0;
    const handler = functionOf(house, async () => {
      tries += 1;
      return house.services;
    });

    await Promise.all([1, 2, 3].map(() => house.invoke(handler, { route: '/healthz' })));

    expect(tries).toBe(1);
  });
});
