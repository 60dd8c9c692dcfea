/** What a command loads from the sources: what it does not need would only delay it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { COMMANDS, programOf } from '../../cli/program.ts';
import {
  type LoadedModules,
  type ModuleRecorder,
  recordModules,
} from '../support/module-recorder.ts';
import { launcherOfSources } from '../support/program/launcher.ts';
import { HostileServer, json } from './hostile-server.ts';
import { runCli, temporaryFolder } from './house.ts';

const root = pathToFileURL(join(import.meta.dirname, '..', '..')).href;
/** Node's own `fetch`, which it loads when a program first uses it. */
const FETCH = 'NativeModule internal/deps/undici/undici';

let folder: string;
let service: HostileServer;
let recorder: ModuleRecorder;
beforeAll(async () => {
  folder = await temporaryFolder();
  service = await HostileServer.listen();
  service.on('GET /v1/versions', json({ items: [] }));
  recorder = recordModules(folder);
});
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

/** Files relative to the root. */
async function loadedBy(...words: readonly string[]): Promise<LoadedModules> {
  const ran = await runCli(words, {
    cwd: folder,
    program: launcherOfSources,
    env: { ...recorder.env, STOWAGE_URL: service.url, STOWAGE_TOKEN: 'stw_token' },
  });
  expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
  const { files, ofNode } = recorder.read();
  return { files: files.map((url) => url.slice(root.length + 1)), ofNode };
}

describe('the launcher', () => {
  test.each(['--version', '-V'])('answers %s without loading the program', async (flag) => {
    const { files } = await loadedBy(flag);

    expect(files).toEqual(['bin/stowage.js']);
  });
});

describe('a command', () => {
  test('is loaded without the other commands', async () => {
    const { files } = await loadedBy('ls');

    expect(files.filter((file) => file.startsWith('cli/commands/'))).toEqual([
      'cli/commands/ls.ts',
    ]);
  });

  test('that lists loads a few small packages, and none for what other commands do', async () => {
    const { files } = await loadedBy('ls');
    const packages = files.flatMap(
      (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
    );

    expect([...new Set(packages)].sort()).toEqual([
      'commander',
      'env-paths',
      'is-network-error',
      'is-safe-filename',
      'p-retry',
    ]);
  });

  test('that sends a few requests does so without the fetch of Node', async () => {
    const { ofNode } = await loadedBy('ls');

    expect(ofNode).toContain('NativeModule http');
    expect(ofNode).not.toContain(FETCH);
  });

  test('that compares no hashes loads no cryptography', async () => {
    const { ofNode } = await loadedBy('ls');

    expect(ofNode).not.toContain('NativeModule crypto');
  });
});

test('every command is listed under its own name', async () => {
  const stream = new PassThrough();
  const { signal } = new AbortController();
  const cli = {
    stdout: stream,
    stderr: stream,
    env: {},
    version: '0',
    signal,
    exitCode: 0,
  } as const;

  const names = Object.keys(COMMANDS);
  // Completion lists all of them.
  const others = names.filter((name) => name !== 'completion');
  const all = await programOf(cli);
  const alone = await Promise.all(others.map((name) => programOf(cli, name)));

  expect(all.commands.map((one) => one.name())).toEqual(names);
  expect(alone.map(({ commands }) => commands.map((one) => one.name()))).toEqual(
    others.map((name) => [name]),
  );
});
