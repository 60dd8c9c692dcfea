/** Checks by the server of one machine: what reads large files runs beside the requests. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { StowageClient } from '../../client/stowage-client.ts';
import { uploadPackage } from '../../client/upload.ts';
import { READ_AT_ONCE_BYTES } from '../../core/checks/runs/check-runs.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { NPM_RELEASE, NPM_SIGNER } from '../fixtures/sigstore/real-bundles.ts';
import { type Served, Servings } from './served.ts';

const servings = new Servings();
afterEach(() => servings.removeAll());

async function publish({ url, token }: Served, filename: string, bytes: Buffer<ArrayBuffer>) {
  const client = new StowageClient({ url, token });
  const declaration = {
    filename,
    size: bytes.length,
    sha256: sha256Of(bytes),
    metadata: {},
    partChecksums: false,
  };
  const slice = (start: number, end: number) => bytes.subarray(start, end);
  await uploadPackage(client, {
    versionId: '1.4.0',
    declaration,
    source: { size: bytes.length, slice },
  });
}

test('a channel moves after the checks of a large file have passed beside the requests', async () => {
  const served = await servings.start(await servings.folder());
  const client = new StowageClient(served);
  const bytes = Buffer.alloc(READ_AT_ONCE_BYTES + 1, 'large');
  const sum = createHash('sha512').update(bytes).digest('hex');
  await publish(served, 'App.bin', bytes);
  await publish(served, 'SHA512SUMS', Buffer.from(`${sum}  App.bin\n`));
  const move = { versionId: '1.4.0', policy: { feeds: true } };

  await expect(client.putChannel('stable', move)).rejects.toMatchObject({
    code: 'CHECKS_PENDING',
    retryAfterSeconds: 5,
  });
  await served.book.line(({ msg }) => msg === 'checked');

  expect(await client.putChannel('stable', move)).toMatchObject({
    versionId: '1.4.0',
    checks: [{ check: 'checksums', verdict: 'passed' }],
  });
});

test('a channel moves after a bundle of Sigstore was verified beside the requests', async () => {
  const served = await servings.start(await servings.folder());
  const client = new StowageClient(served);
  for (const [filename, bytes] of Object.entries(NPM_RELEASE))
    await publish(served, filename, bytes);
  const move = { versionId: '1.4.0', policy: { sigstore: NPM_SIGNER } };

  await expect(client.putChannel('stable', move)).rejects.toMatchObject({ code: 'CHECKS_PENDING' });
  await served.book.line(({ msg }) => msg === 'checked');

  expect(await client.putChannel('stable', move)).toMatchObject({
    checks: [{ check: 'statement', verdict: 'passed' }],
  });
});

test('a server does not start with a file that is no trusted root of Sigstore', async () => {
  const folder = await servings.folder();
  const SIGSTORE_TRUSTED_ROOT = join(import.meta.dirname, 'checks.test.ts');

  await expect(servings.start(folder, { SIGSTORE_TRUSTED_ROOT })).rejects.toThrow(
    /^SIGSTORE_TRUSTED_ROOT names .*: it is no trusted root of Sigstore/,
  );
});
