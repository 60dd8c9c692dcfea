/** The file of the keys that sign statements. */
import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FileSigner } from '../../../local/start/release-keys.ts';

let folder: string;
let path: string;
let signer: FileSigner;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-keys-'));
  path = join(folder, 'release-keys.json');
  signer = new FileSigner(path, () => new Date('2026-11-28T12:00:00.000Z'));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = Buffer.from('bytes');

test('the first start makes one key, which only its owner reads, and later starts keep it', async () => {
  await signer.makeFirst();
  const made = await signer.keys();
  await signer.makeFirst();

  expect(await signer.keys()).toEqual(made);
  expect(made).toEqual([
    {
      keyId: expect.stringMatching(/^[0-9a-f]{64}$/),
      publicKey: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----\n/),
      createdAt: '2026-11-28T12:00:00.000Z',
      signs: true,
    },
  ]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const { keyId, signature } = await signer.sign(bytes);
  expect(keyId).toBe(made[0]?.keyId);
  expect(verify('sha256', bytes, createPublicKey(made[0]?.publicKey ?? ''), signature)).toBe(true);
});

test('after a rotation a new key signs, and of the earlier one the public half is left', async () => {
  await signer.makeFirst();
  const [first] = await signer.keys();

  const rotated = await signer.rotate();

  expect(rotated.map(({ signs }) => signs)).toEqual([true, false]);
  expect(rotated[1]).toEqual({ ...first, signs: false });
  expect((await signer.sign(bytes)).keyId).toBe(rotated[0]?.keyId);
  expect((await readFile(path, 'utf8')).match(/PRIVATE KEY-----\\n"/g)).toHaveLength(1);
});

test('a file that holds something else is named', async () => {
  await writeFile(path, 'nonsense');

  await expect(signer.sign(bytes)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: `${path} can't be used: it must hold the keys as JSON; put the right file back`,
  });
});
