/**
 * Apps of somebody else that install the packed package: they synthesise without a network, without
 * esbuild and without Docker.
 */
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCdk } from '../rehearsal/cdk.ts';
import { cleanEnvironment } from '../support/server-process.ts';
import {
  ACCOUNT,
  type AwsEmulator,
  hasAwsEmulator,
  REGION,
  startAwsEmulator,
} from '../support/servers/aws-emulator/aws-emulator.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLE = join(ROOT, 'examples', 'cdk-app');
const CDK = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const STACK = 'Deployed';
/** Nothing listens there, so that whatever asks the network fails. */
const NOWHERE = 'http://127.0.0.1:9';

/** What an app has beside Stowage; the first three are its dependencies, the others are for `tsc`. */
const BESIDE = ['aws-cdk-lib', '@aws-cdk', 'constructs', '@types/node', 'undici-types'];

const OWN_STATE = `
  const { Stack } = cdk;
  const stack = new Stack(app, 'Own', { env: { account: '123456789012', region: 'eu-central-1' } });
  new Stowage(stack, 'Packages', {
    bucket: s3.Bucket.fromBucketName(stack, 'Files', 'left-behind'),
    table: dynamodb.Table.fromTableName(stack, 'Records', 'left-records'),
    encryptionKey: new kms.Key(stack, 'Key'),
  });`;

/** @param installed where npm has installed the package, in a folder node_modules */
export function describeCdkApps(installed: () => string): void {
  let folder: string;

  beforeAll(async () => {
    folder = join(installed(), '..', '..', 'packages-app');
    await mkdir(folder);
    // As a user begins: this writes the files of the template, and asks no network.
    node(folder, CDK, 'init', 'app', '--language', 'typescript', '--generate-only');
    await cp(join(EXAMPLE, 'lib'), join(folder, 'lib'), { recursive: true });
    const modules = join(installed(), '..');
    for (const name of BESIDE) {
      await rm(join(modules, name), { recursive: true, force: true });
      await cp(join(ROOT, 'node_modules', name), join(modules, name), { recursive: true });
    }
  });

  test('has no esbuild and no Docker to bundle with', () => {
    expect(existsSync(join(installed(), '..', 'esbuild'))).toBe(false);
    expect(existsSync(join(installed(), 'node_modules', 'esbuild'))).toBe(false);
    expect(existsSync(join(installed(), 'node_modules', 'aws-cdk-lib'))).toBe(false);
  });

  describe('an app as cdk init makes it, in CommonJS', () => {
    test('compiles, and synthesises new Stowage(this, "Packages")', () => {
      const compiled = spawnSync(
        process.execPath,
        [
          TSC,
          ...['-p', '.', '--noEmit', 'false', '--outDir', 'out', '--types', 'node'],
          ...['--typeRoots', join(installed(), '..', '@types')],
          ...['--declaration', 'false', '--rootDir', '.', '--incremental', 'false'],
        ],
        { cwd: folder, encoding: 'utf8' },
      );
      // Its own test needs jest, which is not installed here.
      expect(
        compiled.stdout.split('\n').filter((line) => /error/.test(line) && !/^test/.test(line)),
      ).toEqual([]);

      expect(synth(folder, join('out', 'bin', 'packages-app.js'))).toMatchObject({ status: 0 });
      expect(functionsIn(folder)).toEqual(
        bundlesIn(installed())
          .filter((one) => !/^download-s3|^carry|^announce/.test(one.name))
          .map(({ digest }) => digest)
          .sort(),
      );
    });
  });

  describe('an app that is deployed into an emulator of AWS', () => {
    if (!hasAwsEmulator()) {
      test.skip('the emulator of AWS is not installed: nothing is deployed', () => {});
      return;
    }
    let emulator: AwsEmulator | undefined;
    afterAll(() => emulator?.stop());

    test('serves the installed command, which finds it by the name of its stack', async () => {
      await writeFile(
        join(folder, 'deployed.mjs'),
        `import { App, Stack } from 'aws-cdk-lib';
         import { Stowage } from 'stowage/cdk';
         const env = { account: '${ACCOUNT}', region: '${REGION}' };
         new Stowage(new Stack(new App(), '${STACK}', { env }), 'Packages');`,
      );
      expect(synth(folder, 'deployed.mjs')).toMatchObject({ status: 0 });
      emulator = await startAwsEmulator();
      await runCdk(emulator, ['bootstrap', `aws://${ACCOUNT}/${REGION}`]);
      const assembly = join(folder, 'cdk.out');
      await runCdk(emulator, ['deploy', STACK, '--require-approval', 'never', '--app', assembly]);
      await writeFile(join(folder, 'hello.txt'), 'hello, world');
      const { environment, reachingHosts } = emulator;
      const env = cleanEnvironment({ ...environment, ...reachingHosts });
      const stowage = (words: readonly string[], more: NodeJS.ProcessEnv = {}) =>
        spawnSync(
          process.execPath,
          [join(installed(), 'bin', 'stowage.js'), ...words, '--stack', STACK],
          { cwd: folder, env: { ...env, ...more }, encoding: 'utf8' },
        );

      const token = stowage(['token', 'create', '--name', 'first', '--scope', 'admin']);
      const known = { STOWAGE_TOKEN: token.stdout.trim() };
      const ran = [
        token,
        stowage(['push', 'hello.txt', '--version', '1.0.0'], known),
        stowage(['pull', '1.0.0', '--out', 'copy'], known),
      ];

      expect(ran.map(({ status, stderr }) => (status === 0 ? '' : stderr))).toEqual(['', '', '']);
      expect(readFileSync(join(folder, 'copy', 'hello.txt'), 'utf8')).toBe('hello, world');
    });
  });

  describe('an app in ES modules', () => {
    test('synthesises with a bucket, a table and a key of its own', async () => {
      await writeFile(
        join(folder, 'app.mjs'),
        `import * as cdk from 'aws-cdk-lib';
         import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
         import * as kms from 'aws-cdk-lib/aws-kms';
         import * as s3 from 'aws-cdk-lib/aws-s3';
         import { Stowage } from 'stowage/cdk';
         const app = new cdk.App();
         ${OWN_STATE}`,
      );

      expect(synth(folder, 'app.mjs')).toMatchObject({ status: 0 });
      const template = readFileSync(join(folder, 'cdk.out', 'Own.template.json'), 'utf8');
      expect(template).toContain('left-behind');
      expect(template).not.toContain('AWS::DynamoDB::');
    });
  });
}

function node(cwd: string, ...words: readonly string[]): string {
  return execFileSync(process.execPath, words, { cwd, encoding: 'utf8', stdio: 'pipe' });
}

/** `cdk synth`, as if there were no network. */
function synth(folder: string, app: string): SpawnSyncReturns<string> {
  return spawnSync(
    process.execPath,
    [
      CDK,
      'synth',
      '--quiet',
      '--no-notices',
      '--no-version-reporting',
      '--app',
      `${process.execPath} ${app}`,
    ],
    {
      cwd: folder,
      encoding: 'utf8',
      env: cleanEnvironment({
        HTTP_PROXY: NOWHERE,
        HTTPS_PROXY: NOWHERE,
        http_proxy: NOWHERE,
        https_proxy: NOWHERE,
        npm_config_offline: 'true',
        // Without npm, npx, docker and esbuild.
        PATH: '/nonexistent',
      }),
    },
  );
}

/** The digests of the functions in the assets of the last synth. */
function functionsIn(folder: string): readonly string[] {
  const out = join(folder, 'cdk.out');
  return readdirSync(out)
    .map((name) => join(out, name, 'index.mjs'))
    .filter((path) => existsSync(path))
    .map(digestOf)
    .sort();
}

function bundlesIn(home: string): readonly { readonly name: string; readonly digest: string }[] {
  const bundles = join(home, 'dist', 'functions');
  return readdirSync(bundles, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, digest: digestOf(join(bundles, name, 'index.mjs')) }));
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
