/** A statement of a sealed version, as cosign verifies it by the key of the service. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findBinary } from '../../tools/servers/binaries.ts';
import { cosign } from '../../tools/servers/cosign.ts';
import { runCli } from '../cli/house.ts';
import { ServerProcess } from '../support/server-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'stowage-cosign-'));
const storage = join(folder, 'storage');
let server: ServerProcess;

const write = (name: string, content: string) => writeFileSync(join(folder, name), content);

beforeAll(async () => {
  if (!cosign.isThere()) await cosign.install();
  server = await ServerProcess.start(storage);
  const env = { STOWAGE_URL: server.url, STOWAGE_TOKEN: server.adminToken };
  write('tool.bin', 'the tool');
  await runCli(['push', 'tool.bin', '--version', '1.0.0'], { cwd: folder, env });
  await runCli(['seal', '1.0.0'], { cwd: folder, env });
  const answer = await fetch(`${server.url}/packages/1.0.0/release.intoto.jsonl`, {
    headers: { authorization: `Bearer ${server.adminToken}` },
  });
  write('release.intoto.jsonl', await answer.text());
  const onMachine = { cwd: folder, env: { STORAGE_LOCAL_PATH: storage } };
  write('release.pem', (await runCli(['release-keys', 'show', '--pem'], onMachine)).stdout);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As docs/seals.md says it. */
function verify(file: string, key = 'release.pem') {
  const words =
    `verify-blob-attestation --key ${key} --signature release.intoto.jsonl --type https://in-toto.io/attestation/release/v0.1 --insecure-ignore-tlog`.split(
      ' ',
    );
  return spawnSync(findBinary('cosign') ?? '', [...words, file], { cwd: folder, encoding: 'utf8' });
}

test('cosign verifies a file of the version', () => {
  const { status, stderr } = verify('tool.bin');

  expect(stderr).toContain('Verified OK');
  expect(status).toBe(0);
});

test('cosign refuses a file with one other byte', () => {
  write('changed.bin', 'the tooL');

  const { status, stderr } = verify('changed.bin');

  expect(status).not.toBe(0);
  expect(stderr).toContain('no matching subject digest found');
});

test('cosign refuses the statement with the key of another service', async () => {
  const other = join(folder, 'other');
  await (await ServerProcess.start(other)).stop();
  const onMachine = { cwd: folder, env: { STORAGE_LOCAL_PATH: other } };
  write('other.pem', (await runCli(['release-keys', 'show', '--pem'], onMachine)).stdout);

  const { status, stderr } = verify('tool.bin', 'other.pem');

  expect(status).not.toBe(0);
  expect(stderr).not.toContain('Verified OK');
});
