/** `npm run release`: a release of Stowage, published with Stowage. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NODE_RELEASE } from '../../tools/binary/official-node.ts';
import { runCli } from '../cli/house.ts';
import { cleanEnvironment, ServerProcess } from '../support/server-process.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'stowage-release-'));
const storage = join(folder, 'storage');
const out = join(folder, 'release');
const key = join(folder, 'release.pem');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
let server: ServerProcess;

const remote = () => ({ STOWAGE_URL: server.url, STOWAGE_TOKEN: server.adminToken });
const stowage = (...words: readonly string[]) => runCli(words, { cwd: folder, env: remote() });
const read = (name: string) => readFileSync(join(out, name), 'utf8');

function release(): string {
  const words = ['--key', key, '--out', out, '--allow-changes'];
  return execFileSync(process.execPath, [join(root, 'tools', 'publish-release.ts'), ...words], {
    encoding: 'utf8',
    env: cleanEnvironment(remote()),
    stdio: 'pipe',
  });
}

beforeAll(async () => {
  server = await ServerProcess.start(storage);
  const onMachine = { cwd: folder, env: { STORAGE_LOCAL_PATH: storage } };
  const keys = await runCli(['release-keys', 'show', '--pem'], onMachine);
  writeFileSync(key, keys.stdout);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the release is published with both executables, sealed, and verified', () => {
  const printed = release();

  expect(printed).toContain(`${version}: sealed`);
  expect(printed).toMatch(/5 files are published, sealed and verified\n$/);
  execFileSync('sh', ['-c', 'sha256sum -c SHA256SUMS'], { cwd: out });
});

test('the same commit is released again without a change', () => {
  const sums = read('SHA256SUMS');

  expect(release()).toContain('5 files are published');

  expect(read('SHA256SUMS')).toBe(sums);
});

test('the list of what is in the executable has the packages, and Node', () => {
  const { bomFormat, components } = JSON.parse(read('sbom.cdx.json'));

  expect(bomFormat).toBe('CycloneDX');
  const named = components.map(
    ({ name, version: one }: Record<string, string>) => `${name}@${one}`,
  );
  expect(named).toContain(`node@${NODE_RELEASE}`);
  expect(named).toEqual(expect.arrayContaining([expect.stringMatching(/^commander@/)]));
});

test('both executables are found by the platform that they are for', async () => {
  const channel = await stowage('channel', 'set', 'stable', version);
  expect(channel).toMatchObject({ code: 0 });

  for (const arch of ['x64', 'arm64']) {
    const answer = await fetch(`${server.url}/channels/stable/for/linux/${arch}`, {
      headers: { authorization: `Bearer ${server.adminToken}` },
      redirect: 'manual',
    });
    expect(answer.headers.get('location')).toContain('stowage-linux');
    expect(answer.headers.get('location')).toContain(arch);
  }
});

test('an executable that was changed afterwards is refused', async () => {
  appendFileSync(join(out, 'stowage-linux-x64'), 'x');

  const verified = await stowage('verify-release', version, '--key', key, '--dir', out);

  expect(verified.code).toBe(1);
  expect(verified.stderr).toContain('stowage-linux-x64');
});
