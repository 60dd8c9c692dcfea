/** The scripts of docs/seals.md that verify a release without Stowage, run as they are printed. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseVersionId } from '../../core/names.ts';
import { signStatement } from '../../core/sealing/statement.ts';
import { FileSigner } from '../../local/start/release-keys.ts';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { packageRecord } from '../storage/catalog-contract/records.ts';

const run = promisify(execFile);
const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'seals.md');
const MOST_LINES = 25;

async function scriptOf(name: string): Promise<string> {
  const [, script = ''] =
    new RegExp(`<!-- verify: ${name} -->\\n\`\`\`\\w+\\n([^]+?)\`\`\``).exec(
      await readFile(PAGE, 'utf8'),
    ) ?? [];
  return script;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-verify-'));
  const signer = new FileSigner(join(folder, 'keys.json'), () => new Date());
  await signer.makeFirst();
  const records = ['a', 'größe', 'absent'].map((name, index) => ({
    ...packageRecord(`p${index}`),
    filename: `${name}.zip`,
    sha256: sha256Of(name),
  }));
  const version = { versionId: parseVersionId('1.0.0'), createdAt: '', sealedAt: '' };
  const [key] = await signer.keys();
  await writeFile(join(folder, 'release.pem'), key?.publicKey ?? '');
  const statement = await signStatement(signer, version, records);
  await writeFile(join(folder, 'release.intoto.jsonl'), statement);
  for (const name of ['a', 'größe']) await writeFile(join(folder, `${name}.zip`), name);
});
afterEach(() => rm(folder, { recursive: true }));

/** Puts another subject under the same signature. */
async function forge(): Promise<void> {
  const path = join(folder, 'release.intoto.jsonl');
  const envelope = JSON.parse(await readFile(path, 'utf8'));
  const payload = Buffer.from(envelope.payload, 'base64').toString();
  const forged = payload.replace(sha256Of('a'), sha256Of('b'));
  envelope.payload = Buffer.from(forged).toString('base64');
  await writeFile(path, JSON.stringify(envelope));
  await writeFile(join(folder, 'a.zip'), 'b');
}

describe.each([
  ['openssl', 'sh', ['-ec'], 'Verified OK\na.zip: OK\ngröße.zip: OK\n'],
  [
    'node',
    process.execPath,
    ['--input-type=module', '-e'],
    'version 1.0.0\na.zip: OK\ngröße.zip: OK\n',
  ],
] as const)('the lines for %s', (name, program, words, said) => {
  test('are few, and accept what was released', async () => {
    const script = await scriptOf(name);

    const { stdout } = await verify(script);

    expect(script.trimEnd().split('\n').length).toBeLessThanOrEqual(MOST_LINES);
    expect(stdout).toBe(said);
  });

  test('refuse a file with one other byte, and a statement that says so', async () => {
    const script = await scriptOf(name);
    await writeFile(join(folder, 'a.zip'), 'b');
    await expect(verify(script)).rejects.toMatchObject({ code: 1 });

    await forge();

    await expect(verify(script)).rejects.toMatchObject({ code: 1 });
  });

  function verify(script: string) {
    const path = `${join(process.execPath, '..')}:${process.env['PATH']}`;
    return run(program, [...words, script], {
      cwd: folder,
      env: { PATH: path, LC_ALL: 'C.UTF-8' },
    });
  }
});
