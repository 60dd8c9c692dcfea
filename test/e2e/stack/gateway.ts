/** Headers as they come through the HTTP API, which may rename or change some. */
import { expect, test } from '@jest/globals';
import type { Answer } from '../../support/plain-client.ts';
import { Visit } from '../service-contract/visit.ts';
import { openStack, remark } from './run.ts';

const HELLO = Buffer.from('hello, world');

export function describeGateway(): void {
  test('HEAD of a stable link has the length of the file', async () => {
    const here = new Visit(await openStack());
    await here.publish('hello', HELLO);

    const { status, headers } = await here.asking(here.stable('hello.bin'), {}, 'HEAD');

    remark(`content-length: ${headers['content-length'] ?? 'none'}`);
    expect([status, headers['content-length']]).toEqual([200, String(HELLO.length)]);
  });

  test('no header is renamed on its way', async () => {
    const here = new Visit(await openStack());
    await here.publish('hello', HELLO);
    const known = await here.asking(here.stable('hello.bin'), {}, 'HEAD');
    const etag = String(known.headers['etag']);

    const answers = {
      unauthenticated: await here.anonymously('GET', '/v1/versions'),
      'wrong method': await here.anonymously('PUT', '/v1/versions'),
      'not found': await here.anonymously('GET', '/nothing'),
      redirect: await here.admin.call('GET', here.stable('hello.bin')),
      description: await here.asking(here.stable('hello.bin'), { 'if-none-match': etag }, 'HEAD'),
      list: await here.admin.call('GET', here.path('/packages')),
    };

    const renamed = Object.values(answers).flatMap((answer) => renamedIn(answer));
    expect(renamed).toEqual([]);
    expect(answers.unauthenticated.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(answers['wrong method'].headers['allow']).toBe('GET');
    expect(answers.redirect.headers).toMatchObject({
      location: expect.stringMatching(/^https:/),
      'cache-control': 'no-store',
      etag: expect.any(String),
    });
  });
}

function renamedIn({ headers }: Answer): readonly string[] {
  return Object.keys(headers).filter((name) => name.startsWith('x-amzn-remapped-'));
}
