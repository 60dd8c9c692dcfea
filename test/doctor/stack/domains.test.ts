/** Where custom domains lead, by what a resolver answers. */
import { describe, expect, test } from '@jest/globals';
import { gatherDomains } from '../../../doctor/stack/gather/domains.ts';

const TARGET = 'd1.cloudfront.net';

function failing(code: string): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error(code), { code }));
}

async function leadsTo(
  resolveCname: (name: string) => Promise<readonly string[]>,
  resolve4: (name: string) => Promise<readonly string[]> = failing('ENOTFOUND'),
) {
  const [domain] = await gatherDomains({ 'x.example': TARGET }, { resolveCname, resolve4 });
  return domain?.leadsTo;
}

describe('a custom domain leads to', () => {
  test('its target by a CNAME, whatever its case and its last dot', async () => {
    expect(await leadsTo(async () => ['D1.CloudFront.net.'])).toEqual({ kind: 'target' });
  });

  test('something else by a CNAME', async () => {
    expect(await leadsTo(async () => ['d2.cloudfront.net'])).toEqual({
      kind: 'elsewhere',
      to: 'd2.cloudfront.net',
    });
  });

  test('its target by an alias record that shares an address', async () => {
    const addresses = async (name: string) =>
      name === TARGET ? ['1.1.1.1', '2.2.2.2'] : ['2.2.2.2'];

    expect(await leadsTo(failing('ENODATA'), addresses)).toEqual({ kind: 'target' });
  });

  test('addresses that the target did not have just now, which proves nothing', async () => {
    const addresses = async (name: string) => (name === TARGET ? ['1.1.1.1'] : ['9.9.9.9']);

    expect(await leadsTo(failing('ENODATA'), addresses)).toMatchObject({ kind: 'unclear' });
  });

  test('nothing if no server knows it', async () => {
    expect(await leadsTo(failing('ENOTFOUND'))).toEqual({ kind: 'nothing' });
  });

  test.each(['ECONNREFUSED', 'ETIMEOUT'])(
    'an unknown place without a network (%s)',
    async (code) => {
      expect(await leadsTo(failing(code))).toEqual({ kind: 'offline' });
    },
  );

  test('an unknown place if its servers fail', async () => {
    expect(await leadsTo(failing('ESERVFAIL'))).toEqual({ kind: 'unclear', to: 'ESERVFAIL' });
  });
});
