/** Dockerfile and compose.yaml, as far as they can be checked without a Docker daemon. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readSettings } from '../../open/settings/server-settings.ts';
import { likelyMistakes } from '../../open/settings/unknown-settings.ts';
import { ServerProcess } from '../support/server-process.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of the stages, in their order. */
const stages = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split(/^(?=FROM )/m)
  .filter((stage) => stage.trim() !== '')
  .map((stage): readonly Instruction[] =>
    stage
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ name: line.replace(/ .*/, ''), text: line.replace(/^\S+ /, '') })),
  );
const [build = [], program = []] = stages;
const textsOf = (stage: readonly Instruction[], name: string) =>
  stage.filter((one) => one.name === name).map(({ text }) => text);
const env = Object.fromEntries(
  textsOf(program, 'ENV').flatMap((text) =>
    text.split(' ').map((pair) => pair.split('=') as [string, string]),
  ),
);

interface Service {
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
}
const compose = parse(read('compose.yaml')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};

/** `${NAME:-default}` is the default, `${NAME:?message}` what the operator sets. */
function valuesOf(service: Service | undefined): Readonly<Record<string, string>> {
  const pairs = Object.entries(service?.environment ?? {}).map(([name, text]) => [
    name,
    text.replace(/\$\{\w+:-(.*?)\}/g, '$1').replace(/\$\{\w+:\?.*?\}/g, 's'.repeat(64)),
  ]);
  return Object.fromEntries(pairs);
}

test('the image runs as a user who is not root, on a folder that is a volume', () => {
  expect(textsOf(program, 'USER')).toEqual(['1000:1000']);
  expect(textsOf(program, 'VOLUME')).toEqual([env['STORAGE_LOCAL_PATH']]);
  expect(program.findIndex(({ name }) => name === 'USER')).toBeLessThan(
    program.findIndex(({ name }) => name === 'ENTRYPOINT'),
  );
});

test('the image sets only settings that exist, and has a release of Node that Stowage takes', () => {
  expect(likelyMistakes(env)).toEqual([]);
  expect(readSettings(env)).toMatchObject({ host: '0.0.0.0', port: 8787 });
  expect(textsOf(program, 'EXPOSE')).toEqual(['8787']);
  const { engines, devDependencies } = JSON.parse(read('package.json'));
  const [major] = String(devDependencies.node).split('.');
  expect(engines.node).toContain('>=23');
  for (const stage of stages)
    expect(textsOf(stage, 'FROM')[0]).toMatch(new RegExp(`^node:${major}-bookworm-slim`));
});

test('what the image is built from is there, and is not left out of what Docker is sent', () => {
  const ignored = read('.dockerignore').split('\n');
  const copied = textsOf(build, 'COPY').flatMap((text) => text.split(' ').slice(0, -1));

  expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(copied.filter((path) => ignored.includes(path))).toEqual([]);
  const { scripts } = JSON.parse(read('package.json'));
  const run = textsOf(build, 'RUN').flatMap((text) => [...text.matchAll(/npm run (\S+)/g)]);
  expect(run.map(([, name = '']) => scripts[name])).not.toContain(undefined);
});

test('the health check succeeds while the service is ready, and fails after it', async () => {
  const [check = ''] = textsOf(program, 'HEALTHCHECK');
  const [file, ...words] = JSON.parse(check.replace(/^.*? CMD /, '')) as readonly string[];
  const folder = await mkdtemp(join(tmpdir(), 'stowage-container-'));
  const server = await ServerProcess.start(folder);
  const PORT = new URL(server.url).port;
  const run = () => spawnSync(process.execPath, words, { env: { PORT } }).status;

  const whileReady = run();
  await server.stop();
  const afterwards = run();

  expect(file).toBe('node');
  expect([whileReady, afterwards]).toEqual([0, 1]);
  await rm(folder, { recursive: true });
});

test('compose.yaml sets only settings that exist, and values that the server takes', () => {
  const values = { ...env, ...valuesOf(compose.services['stowage']) };

  expect(likelyMistakes(values)).toEqual([]);
  expect(readSettings(values)).toMatchObject({
    storage: { type: 's3', s3Bucket: 'packages', s3Endpoint: 'http://s3:7070' },
  });
});

test('compose.yaml gives both the same key, opens ports on this machine alone, and keeps what is stored', () => {
  const { stowage, s3, bucket } = compose.services;

  expect(valuesOf(s3)['ROOT_SECRET_KEY']).toBe(valuesOf(stowage)['S3_SECRET_KEY']);
  expect(valuesOf(s3)['ROOT_ACCESS_KEY']).toBe(valuesOf(stowage)['S3_ACCESS_KEY']);
  for (const port of [...(stowage?.ports ?? []), ...(s3?.ports ?? [])])
    expect(port).toMatch(/^127\.0\.0\.1:/);
  expect(stowage?.volumes).toEqual([`stowage:${env['STORAGE_LOCAL_PATH']}`]);
  expect(s3?.volumes).toEqual(bucket?.volumes);
  expect(Object.keys(compose.volumes).sort()).toEqual(['objects', 'stowage']);
});

test('compose.yaml takes the release of the S3 server that the tests run', () => {
  const [, tested = ''] = /versitygw@(v[\d.]+)/.exec(read('tools/servers/versitygw.ts')) ?? [];

  expect(compose.services['s3']?.image).toBe(`versity/versitygw:${tested}`);
});
