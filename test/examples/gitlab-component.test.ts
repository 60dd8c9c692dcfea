/** The script of the GitLab component, run with the variables that GitLab gives to a job. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { House } from '../cli/house.ts';
import { OidcIssuer } from '../support/oidc-issuer.ts';
import { launcher } from '../support/program/launcher.ts';
import { cleanEnvironment } from '../support/server-process.ts';

type Inputs = Readonly<Record<string, string>>;
interface Job {
  readonly id_tokens: Readonly<Record<string, { readonly aud: string }>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly rules: readonly object[];
  readonly script: readonly string[];
}

const template = join(import.meta.dirname, '..', '..', 'ci', 'gitlab', 'templates', 'publish.yml');
const [spec, jobs] = parseAllDocuments(await readFile(template, 'utf8')).map(
  (one) => one.toJS() as unknown,
);
const { inputs: declared } = (
  spec as { readonly spec: { readonly inputs: Record<string, { readonly default?: string }> } }
).spec;

let house: House;
let issuer: OidcIssuer;

beforeAll(async () => {
  house = await House.open({ TRUST_PRIVATE_ISSUERS: 'true' });
  issuer = await OidcIssuer.start();
  const rule = ['--gitlab', 'acme/tool', '--gitlab-url', issuer.url, '--environment', 'release'];
  const more = ['--versions', '{ref_name#v}', '--scope', 'release'];
  expect(await house.stowage(['trust', 'create', ...rule, ...more])).toMatchObject({ code: 0 });
  await mkdir(house.path('bin'));
  // npm would install the program that this checkout holds.
  const program = `shift 4; exec "${process.execPath}" "${launcher}" "$@"`;
  const npx = `#!/bin/sh\n[ "$1 $2 $3 $4 $5" = "--yes --package stowage@1 -- stowage" ] || exit 9\nshift; ${program}\n`;
  await chmod(await house.write('bin/npx', npx), 0o755);
  await mkdir(house.path('dist'));
  await house.write('dist/tool.zip', 'the bytes of a tool');
  await house.write('a tool.dmg', 'other bytes');
});
afterAll(async () => {
  await issuer.stop();
  await house.close();
});

/** GitLab puts inputs into the strings of the parsed template. */
function jobOf(inputs: Inputs): Job {
  const place = (value: unknown): unknown => {
    if (typeof value === 'string')
      return value.replace(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) => {
        const given = inputs[name] ?? declared[name]?.default;
        if (given === undefined) throw new Error(`no input ${name}`);
        return given;
      });
    if (Array.isArray(value)) return value.map(place);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, one]) => [place(key), place(one)]);
    return Object.fromEntries(entries);
  };
  const [[name, job] = ['none', undefined]] = Object.entries(place(jobs) as object);
  expect(name).toBe(inputs['job'] ?? 'publish');
  return job as Job;
}

/** https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload */
function claimsOf(audience: string, jti: string) {
  const seconds = Math.floor(Date.now() / 1000);
  return {
    iss: issuer.url,
    aud: audience,
    sub: 'project_path:acme/tool:ref_type:tag:ref:v2.0.0',
    jti,
    iat: seconds,
    nbf: seconds - 5,
    exp: seconds + 300,
    project_id: '22',
    project_path: 'acme/tool',
    namespace_id: '72',
    namespace_path: 'acme',
    ref: 'v2.0.0',
    ref_type: 'tag',
    ref_path: 'refs/tags/v2.0.0',
    ref_protected: 'true',
    environment: 'release',
    pipeline_id: '574',
    pipeline_source: 'push',
    job_id: '302',
    sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
    runner_environment: 'gitlab-hosted',
  };
}

let jobCount = 0;

async function run(inputs: Inputs, env: Readonly<Record<string, string>> = {}) {
  const { id_tokens, variables, script } = jobOf(inputs);
  const tokens = await Promise.all(
    Object.entries(id_tokens).map(async ([name, { aud }]) => [
      name,
      await issuer.sign(claimsOf(aud, `gitlab-${++jobCount}`)),
    ]),
  );
  const child = spawn('sh', ['-e', '-c', script.join('\n')], {
    cwd: house.folder,
    env: cleanEnvironment({
      HOME: house.folder,
      STORAGE_LOCAL_PATH: house.path('none'),
      GITLAB_CI: 'true',
      CI: 'true',
      CI_COMMIT_TAG: 'v2.0.0',
      ...variables,
      ...Object.fromEntries(tokens),
      ...env,
      PATH: `${house.path('bin')}:${process.env['PATH']}`,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => log.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, log: Buffer.concat(log).toString() };
}

function given(more: Inputs): Inputs {
  return { url: house.proxy.url, stowage: 'stowage@1', ...more };
}

test('the component publishes the files of a tag and moves a channel, with a token for each command', async () => {
  const ran = await run(given({ files: 'dist\na tool.dmg', channel: 'stable' }));

  expect(ran).toMatchObject({ code: 0 });
  const { stdout } = await house.stowage(['ls', '2.0.0', '--json']);
  const names = JSON.parse(stdout).items.map(({ filename }: { filename: string }) => filename);
  expect(names.sort()).toEqual(['a tool.dmg', 'tool.zip']);
  const channels = JSON.parse((await house.stowage(['channel', 'ls', '--json'])).stdout);
  expect(channels.items).toMatchObject([{ channel: 'stable', versionId: '2.0.0' }]);
  const tokens = JSON.parse((await house.stowage(['token', 'ls', '--json'])).stdout);
  expect(tokens.items).toHaveLength(1);
});

test('the component is refused a version that is not the tag of its job', async () => {
  const ran = await run(given({ files: 'dist', version: '3.0.0', job: 'upload' }));

  expect(ran.code).not.toBe(0);
  expect(ran.log).toMatch(/2\.0\.0/);
});

test('the component runs no text of its inputs', async () => {
  const ran = await run(given({ files: '$(touch ran)\n`touch ran`; touch ran', channel: '' }));

  expect(ran.code).not.toBe(0);
  await expect(readFile(house.path('ran'))).rejects.toThrow('ENOENT');
});

test('the component has jobs for tags alone, and every input is described or has a default', () => {
  const job = jobOf({ url: 'https://releases.example.com', files: 'dist' });

  expect(job.rules).toEqual([{ if: '$CI_COMMIT_TAG' }]);
  const silent = Object.entries(declared).filter(([, one]) => Object.keys(one).length === 0);
  expect(silent).toEqual([]);
});
