/**
 * The releases of CDK that the package allows: an app gets the same stack from the oldest and from
 * the newest. Packs this checkout and asks the registry of npm for both.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cleanEnvironment } from '../support/server-process.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const { peerDependencies: RANGE } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
) as { readonly peerDependencies: Readonly<Record<string, string>> };
const APP = `
  import { App, Stack } from 'aws-cdk-lib';
  import { Stowage } from 'stowage/cdk';
  const env = { account: '123456789012', region: 'eu-central-1' };
  new Stowage(new Stack(new App(), 'Service', { env }), 'Packages');`;
/** Brought by CDK itself, with code of its release. */
const OF_CDK = /^(?:AWS[0-9a-f]{32}|Custom(?:::|S3|Resource|Vpc)|CDKMetadata)/;

interface Template {
  readonly Resources: Readonly<Record<string, object>>;
  readonly Outputs: object;
}

let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-peers-'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: ROOT,
    stdio: 'pipe',
  });
  tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @param release of each peer, by its range */
async function synthesise(name: string, release: (range: string) => string): Promise<Template> {
  const app = join(folder, name);
  const peers = ['aws-cdk-lib', 'constructs'].map(
    (peer) => `${peer}@${release(RANGE[peer] ?? '')}`,
  );
  await mkdir(app);
  await writeFile(join(app, 'package.json'), '{ "name": "app", "private": true }');
  await writeFile(join(app, 'app.mjs'), APP);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', join(folder, tarball), ...peers], {
    cwd: app,
    stdio: 'pipe',
  });
  execFileSync(process.execPath, ['app.mjs'], {
    cwd: app,
    env: { ...cleanEnvironment(), CDK_OUTDIR: 'cdk.out' },
    stdio: 'pipe',
  });
  return JSON.parse(readFileSync(join(app, 'cdk.out', 'Service.template.json'), 'utf8'));
}

function ownResourcesOf({ Resources }: Template): Readonly<Record<string, object>> {
  return Object.fromEntries(Object.entries(Resources).filter(([id]) => !OF_CDK.test(id)));
}

test('the oldest and the newest release of CDK that are allowed give the same stack', async () => {
  const oldest = await synthesise('oldest', (range) => range.replace('^', ''));
  const newest = await synthesise('newest', (range) => range);

  expect(Object.keys(ownResourcesOf(oldest)).length).toBeGreaterThan(100);
  expect(ownResourcesOf(oldest)).toEqual(ownResourcesOf(newest));
  expect(oldest.Outputs).toEqual(newest.Outputs);
});
