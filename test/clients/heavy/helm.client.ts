/** helm, unmodified, takes charts from a channel as from a classic chart repository. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { helm, helmProgram } from '../../../tools/servers/helm.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';
import { describeServers, type Files, type ReleaseHouse } from '../release-house.ts';
import { missingPrograms, mustRun, type Ran, runClient } from '../run-client.ts';

const KEY = 'Releases <releases@example.com>';

/** Packs charts as docs/clients/helm.md says, signed by a key of its own. */
class ChartMaker {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<ChartMaker> {
    const maker = new ChartMaker(await mkdtemp(join(tmpdir(), 'stowage-charts-')));
    await mkdir(join(maker.folder, 'gpg'), { mode: 0o700 });
    await mkdir(join(maker.folder, 'charts', 'tool', 'templates'), { recursive: true });
    await maker.#gpg('--quick-generate-key', KEY, 'rsa3072', 'sign', 'never');
    await maker.#gpg('--output', join(maker.folder, 'secring.gpg'), '--export-secret-keys');
    await maker.#gpg('--output', maker.publicKey, '--export');
    return maker;
  }

  get publicKey(): string {
    return join(this.folder, 'pubring.gpg');
  }

  /** The chart, its provenance, and an index of it and of what the index `before` has. */
  async pack(version: string, before?: Files): Promise<Files> {
    const { folder } = this;
    const dist = join(folder, `dist-${version}`);
    const index = join(folder, 'before.yaml');
    await writeFile(index, before?.['index.yaml'] ?? 'apiVersion: v1\nentries: {}\n');
    const chart = `apiVersion: v2\nname: tool\nversion: ${version}\n`;
    await writeFile(join(folder, 'charts', 'tool', 'Chart.yaml'), chart);
    const words = ['--sign', '--key', KEY, '--keyring', join(folder, 'secring.gpg')];
    await this.#helm('package', 'charts/tool', '--destination', dist, ...words);
    await this.#helm('repo', 'index', dist, '--merge', index);
    const names = [`tool-${version}.tgz`, `tool-${version}.tgz.prov`, 'index.yaml'];
    const files = names.map(async (name) => [name, await readFile(join(dist, name))] as const);
    return Object.fromEntries(await Promise.all(files));
  }

  async remove(): Promise<void> {
    await runClient('gpgconf', ['--homedir', join(this.folder, 'gpg'), '--kill', 'gpg-agent']);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #helm(...args: readonly string[]): Promise<void> {
    await mustRun(helmProgram(), args, { cwd: this.folder, env: { HOME: this.folder } });
  }

  async #gpg(...args: readonly string[]): Promise<void> {
    const quiet = ['--batch', '--yes', '--quiet', '--pinentry-mode', 'loopback'];
    const home = ['--homedir', join(this.folder, 'gpg'), '--passphrase', ''];
    await mustRun('gpg', [...home, ...quiet, ...args]);
  }
}

/** In an empty home. */
function runHelm(house: ReleaseHouse, args: readonly string[], input?: string): Promise<Ran> {
  return runClient(helmProgram(), args, {
    cwd: house.folder,
    env: { HOME: house.folder },
    ...(input !== undefined && { input }),
  });
}

async function addRepository(house: ReleaseHouse, channel: string): Promise<Ran> {
  const words = ['repo', 'add', 'example', `${house.url}/channels/${channel}`];
  return house.token === undefined
    ? runHelm(house, words)
    : runHelm(house, [...words, '--username', 'stowage', '--password-stdin'], house.token);
}

const missing = missingPrograms('gpg', 'gpgconf');
if (helm.isThere() && missing.length === 0) {
  let maker: ChartMaker;
  let older: Files;
  let newer: Files;
  beforeAll(async () => {
    maker = await ChartMaker.create();
    older = await maker.pack('1.0.0');
    newer = await maker.pack('1.1.0', older);
  }, 60_000);
  afterAll(() => maker.remove());

  describeServers((house) => {
    beforeAll(async () => {
      await house.publish('1.0.0', older);
      await house.publish('1.1.0', newer);
      await house.point('stable', '1.0.0');
      await house.point('stable', '1.1.0');
    });

    test('helm finds the charts of the index, and pulls the newest one, signed', async () => {
      expect(await addRepository(house, 'stable')).toMatchObject({ code: 0 });
      const found = await runHelm(house, ['search', 'repo', 'example/tool', '-l', '-o', 'json']);
      expect(JSON.parse(found.stdout)).toMatchObject([{ version: '1.1.0' }, { version: '1.0.0' }]);

      const words = ['pull', 'example/tool', '--verify', '--keyring', maker.publicKey];
      const pulled = await runHelm(house, words);

      const digest = sha256Of(Buffer.from(newer['tool-1.1.0.tgz'] ?? ''));
      expect(pulled).toMatchObject({ code: 0 });
      expect(pulled.stdout).toContain(`Chart Hash Verified: sha256:${digest}`);
      expect(sha256Of(await readFile(join(house.folder, 'tool-1.1.0.tgz')))).toBe(digest);
      expect(String(newer['index.yaml'])).toContain(`digest: ${digest}`);
      expect(house.followed.length > 0).toBe(house.isRedirecting);
      expect(house.followed.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    });

    test('helm pulls an earlier chart of the index from the memory of the channel', async () => {
      await addRepository(house, 'stable');

      const pulled = await runHelm(house, ['pull', 'example/tool', '--version', '1.0.0']);

      expect(pulled).toMatchObject({ code: 0 });
      const bytes = await readFile(join(house.folder, 'tool-1.0.0.tgz'));
      expect(bytes).toEqual(older['tool-1.0.0.tgz']);
    });

    test('helm sees a new chart after the channel moved and the repository was updated', async () => {
      await house.point('moving', '1.0.0');
      await addRepository(house, 'moving');
      await house.point('moving', '1.1.0');

      expect(await runHelm(house, ['repo', 'update'])).toMatchObject({ code: 0 });

      const found = await runHelm(house, ['search', 'repo', 'example/tool', '-o', 'json']);
      expect(JSON.parse(found.stdout)).toMatchObject([{ version: '1.1.0' }]);
    });

    test('helm refuses a chart that is not the one that was signed if it gets --verify', async () => {
      const other = { ...newer, 'tool-1.1.0.tgz': older['tool-1.0.0.tgz'] ?? '' };
      await house.publish('2.0.0', other);
      await house.pointUnchecked('tampered', '2.0.0');
      await addRepository(house, 'tampered');

      const verify = ['--verify', '--keyring', maker.publicKey];
      const { code, stderr } = await runHelm(house, ['pull', 'example/tool', ...verify]);
      // It does not compare the file with the digest in the index.
      const unverified = await runHelm(house, ['pull', 'example/tool']);

      expect(code).not.toBe(0);
      expect(unverified.code).toBe(0);
      expect(stderr).toContain('sha256 sum does not match');
    });

    if (!house.isPublic) {
      test('helm adds no repository without the token', async () => {
        const words = ['repo', 'add', 'example', `${house.url}/channels/stable`];

        const { code, stderr } = await runHelm(house, words);

        expect(code).not.toBe(0);
        expect(stderr).toContain('401');
      });
    }
  });
} else {
  describe('helm', () => {
    test.skip('helm or gpg is not installed: charts are not pulled by it', () => {});
  });
}
