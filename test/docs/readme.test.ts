/** The README tells the truth: its commands are run word for word against a server, and print what their comments say. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ServerProcess } from '../support/server-process.ts';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The blocks that are marked for one test, as one script. */
function scriptOf(name: string): string {
  const blocks = [...readme.matchAll(/<!-- test: (\S+) -->\n```sh\n([\s\S]*?)```/g)];
  return blocks
    .filter(([, marked]) => marked === name)
    .map(([, , script]) => script)
    .join('\n');
}

/** What the comments behind the commands promise, in order. */
function promisedBy(script: string): readonly string[] {
  return [...script.matchAll(/ {2,}# (.+)$/gm)].map(([, promise]) => promise ?? '');
}

describe('the README', () => {
  let folder: string;
  let server: ServerProcess;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stowage-readme-'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    symlinkSync(join(root, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(root, 'bin'), join(folder, 'bin'));
    server = await ServerProcess.start(join(folder, 'storage'));
  });

  afterEach(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(['quick-start', 'curl'])(
    'commands of %s print what they promise',
    (name) => {
      const script = scriptOf(name);
      const promised = promisedBy(script);
      // Only the port differs from what a reader types: the default one may be taken on this machine.
      const typed = script.replaceAll('http://127.0.0.1:8787', server.url);

      const printed = execFileSync('bash', ['-euo', 'pipefail', '-c', typed], { cwd: folder, encoding: 'utf8' });

      expect(promised.length).toBeGreaterThan(3);
      const lines = printed.split('\n');
      let from = 0;
      for (const promise of promised) {
        const at = lines.indexOf(promise, from);
        expect({ promise, found: at >= 0 }).toEqual({ promise, found: true });
        from = at + 1;
      }
    },
    60_000,
  );
});
