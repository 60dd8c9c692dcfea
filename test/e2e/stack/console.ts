/** The console as the CDN serves it: at its address, for this service. */
import { expect, test } from '@jest/globals';
import { Visit } from '../service-contract/visit.ts';
import { openStack, run } from './run.ts';

const LOADED = /(?:src|href)="([^":]+)"/g;

export function describeConsole(): void {
  test('the console is at its address, with the scripts and styles that it loads', async () => {
    const { send } = await openStack();
    const address = run.outputs['ConsoleUrl'] ?? '';

    const moved = await send(address.slice(0, -1));
    const page = await send(address);
    const names = [...page.body.toString().matchAll(LOADED)].map(([, name = '']) => name);
    const files = await Promise.all(names.map((name) => send(new URL(name, address).href)));

    expect([moved.status, new URL(String(moved.headers['location']), address).href]).toEqual([
      308,
      address,
    ]);
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(files.map(({ status }) => status)).toEqual(names.map(() => 200));
    expect(names.some((name) => name.endsWith('.js'))).toBe(true);
  });

  test('its page names this service, which its host may call', async () => {
    const here = new Visit(await openStack());
    const address = new URL(run.outputs['ConsoleUrl'] ?? '');

    const page = await here.target.send(address.href);
    const called = await here.anonymously('GET', '/healthz', {
      headers: { origin: address.origin },
    });

    expect(page.body.toString()).toContain(
      `<meta name="stowage-api" content="${new URL(run.outputs['ApiUrl'] ?? '').href}">`,
    );
    expect(called.headers['access-control-allow-origin']).toBe(address.origin);
  });

  test('its host may send to the store', async () => {
    const here = new Visit(await openStack());
    const { origin } = new URL(run.outputs['ConsoleUrl'] ?? '');
    const { url, headers } = await here.announce('hello', Buffer.from('hello, world'));

    const preflight = await here.target.send(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': Object.keys(headers).join(',').toLowerCase(),
      },
    });

    expect([200, 204]).toContain(preflight.status);
    expect([origin, '*']).toContain(preflight.headers['access-control-allow-origin']);
  });
}
