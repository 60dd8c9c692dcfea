/** Completion scripts in the shells that are installed, and what is suggested for mistyped words. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commandTree } from '../../cli/completion/command-tree.ts';
import { completionScript, SHELLS, type Shell } from '../../cli/completion/scripts.ts';
import { programOf } from '../../cli/program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-completion-'));
  await writeFile(join(folder, 'my file.txt'), '');
  for (const shell of SHELLS)
    await writeFile(join(folder, `script.${shell}`), completionScript(shell, await tree()));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the CLI in this process, with what it printed. */
async function run(...words: readonly string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const { signal } = new AbortController();
  const cli = { stdout, stderr, env: {}, version: '0', signal, exitCode: 0 } as const;
  const program = await programOf(cli, words[0]);
  const error = await program.parseAsync(words, { from: 'user' }).then(
    () => undefined,
    (reason: { readonly code: string }) => reason.code,
  );
  return { error, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

async function tree() {
  const stream = new PassThrough();
  const { signal } = new AbortController();
  return commandTree(
    await programOf({ stdout: stream, stderr: stream, env: {}, version: '0', signal, exitCode: 0 }),
  );
}

/** What a shell offers for the last of `words`. */
const OFFERS: Readonly<Record<Shell, (words: readonly string[]) => string>> = {
  bash: (words) =>
    sh('bash', [
      '--norc',
      '-c',
      `source script.bash; COMP_WORDS=(stowage "$@"); COMP_CWORD=$#; _stowage; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    ]),
  // The functions of zsh's own completion print what they are given.
  zsh: (words) =>
    sh('zsh', [
      '-f',
      '-c',
      `compdef() { : }; _files() { print -l -- *(N) }
       _describe() { local name=\${@[-1]}; print -l -- "\${(@)\${(@P)name}%%:*}" }
       compadd() { shift; print -l -- "$@" }
       source ./script.zsh; words=(stowage "$@"); CURRENT=$#words; _stowage`,
      'zsh',
      ...words,
    ])
      // zsh itself leaves out what begins otherwise.
      .split('\n')
      .filter((line) => line.startsWith(words.at(-1) ?? ''))
      .join('\n'),
  fish: (words) =>
    sh('fish', [
      '--no-config',
      '-c',
      'source script.fish; complete -C "$argv"',
      ['stowage', ...words].join(' '),
    ]).replaceAll(/\t.*/g, ''),
};

function sh(program: string, words: readonly string[]): string {
  return execFileSync(program, words, {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
  }).toString();
}

const isInstalled = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

describe.each(SHELLS)('the script for %s', (shell) => {
  const installed = isInstalled(shell);
  const here = installed ? test : test.skip;

  here.each([
    ['commands', ['pu'], ['push', 'pull'], ['channel']],
    ['commands below a command', ['channel', ''], ['set', 'rollback', 'history'], ['push']],
    ['flags of a command', ['push', '--'], ['--version', '--json', '--help'], ['--expires']],
    ['flags of a command below', ['channel', 'rollback', '--'], ['--to', '--url'], ['--public']],
    ['flags after an argument', ['link', '1.0.0/a.zip', '--'], ['--expires', '--note'], []],
    ['values of a flag', ['push', '--method', ''], ['single', 'multipart'], ['--version']],
    ['files where a flag takes one', ['ls', '--token-file', 'my'], ['my file.txt'], ['--json']],
    ['files where a command takes them', ['push', 'my'], ['my file.txt'], []],
    ['shells', ['completion', ''], ['bash', 'zsh', 'fish'], ['push']],
  ])('offers %s', (_what, words, offered, others) => {
    const found = OFFERS[shell](words)
      .split('\n')
      .map((line) => line.replaceAll('\\', ''));

    expect(found).toEqual(expect.arrayContaining(offered));
    for (const other of others) expect(found).not.toContain(other);
  });

  here('does not take the value of a flag for a command', () => {
    const found = OFFERS[shell](['link', '--note', 'ls', '--']).split('\n');

    expect(found).toContain('--expires');
  });

  test('offers every command and flag that there is', async () => {
    const script = completionScript(shell, await tree());

    for (const { subcommands, flags } of await tree())
      for (const { name } of [...subcommands, ...flags]) {
        const written = shell === 'fish' ? name.replace(/^--/, '-l ') : name;
        expect(script).toContain(written);
      }
  });
});

test('only shells that there are scripts for have one', async () => {
  const printed = await run('completion', 'bash');
  const refused = await run('completion', 'csh');

  expect(printed.stdout).toBe(completionScript('bash', await tree()));
  expect(refused.error).toBe('commander.invalidArgument');
  expect(refused.stderr).toContain('bash, zsh, fish');
});

describe('a mistyped word', () => {
  test.each([
    ['a command', ['pul', '1.0.0'], '(Did you mean pull?)'],
    ['a command below', ['channel', 'rolback'], '(Did you mean rollback?)'],
    ['a flag', ['push', 'a.txt', '--vresion', '1'], '(Did you mean --version?)'],
    ['a flag of a command below', ['channel', 'set', 'a', '1', '--expct', '1'], '--expect'],
    ['a flag of a command that is a group too', ['link', '1/a', '--expire', '7d'], '--expires'],
  ])('gets the right one suggested: %s', async (_what, words, suggestion) => {
    const { error, stderr } = await run(...words);

    expect(error).toMatch(/^commander\.unknown/);
    expect(stderr).toContain(suggestion);
  });
});
