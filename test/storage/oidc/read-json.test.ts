/** Documents of issuers: which addresses are asked at all. */
import { expect, test } from '@jest/globals';
import { readJson } from '../../../storage/oidc/read-json.ts';

const LIMITS = { mostBytes: 1000, timeoutMs: 1000 };

test.each([
  'https://127.0.0.1/',
  'https://10.1.2.3/',
  'https://100.64.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://172.31.255.255/',
  'https://192.168.1.1/',
  'https://0.0.0.0/',
  'https://255.255.255.255/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:10.0.0.1]/',
  'https://[fd00::1]/',
  'https://[fe80::1]/',
  'https://[2002:7f00:1::]/',
  'https://[64:ff9b::7f00:1]/',
])('%s is in a private network, and not asked', async (address) => {
  await expect(readJson(address, { ...LIMITS, allowPrivate: false })).rejects.toThrow(
    /has the private address .*; TRUST_PRIVATE_ISSUERS=true allows it/,
  );
});

test('a name that leads to this machine is found out when the connection is made', async () => {
  await expect(
    readJson('https://localhost:9/', { ...LIMITS, allowPrivate: false }),
  ).rejects.toThrow(/localhost has the private address (127\.0\.0\.1|::1)/);
});

test.each([
  ['http://issuer.example.com/', true],
  ['http://127.0.0.1/', false],
  ['ftp://issuer.example.com/', true],
  ['https://user:password@issuer.example.com/', true],
  ['issuer.example.com', true],
])('%s is no address of an issuer', async (address, allowPrivate) => {
  await expect(readJson(address, { ...LIMITS, allowPrivate })).rejects.toThrow(
    /must begin with https|is no URL without a user/,
  );
});
