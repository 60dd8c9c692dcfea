/** The CDK app as `cdk synth` runs it: as a process of its own, with the context of the command line. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');

let outdir: string;

beforeEach(async () => {
  outdir = await mkdtemp(join(tmpdir(), 'stowage-app-'));
});

afterEach(() => rm(outdir, { recursive: true }));

interface Synthesis {
  readonly exitCode: number | null;
  readonly complaint: string;
  readonly templates: readonly string[];
}

/** Without bundling, which takes seconds and esbuild. */
async function synth(
  context: object,
  env: Readonly<Record<string, string>> = {},
): Promise<Synthesis> {
  const app = spawn(process.execPath, ['bin/app.ts'], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': [], ...context }),
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const complaint = text(app.stderr);
  const exitCode = await new Promise<number | null>((resolve) => app.once('close', resolve));
  const templates = (await readdir(outdir)).filter((file) => file.endsWith('.template.json'));
  return { exitCode, complaint: await complaint, templates: templates.sort() };
}

describe('the CDK app', () => {
  test.each([
    [{}, 'Stowage-dev.template.json'],
    [{ stage: 'prod' }, 'Stowage-prod.template.json'],
  ])('makes one stack of %j, knowing neither account nor region', async (context, template) => {
    const { exitCode, templates } = await synth(context);

    expect({ exitCode, templates }).toEqual({ exitCode: 0, templates: [template] });
  });

  test.each([
    ['the environment', {}, { PRESIGNED_URLS: 'false' }],
    ['the context', { PRESIGNED_URLS: 'false' }, {}],
  ])('refuses downloads that are not signed, asked for in %s', async (_where, context, env) => {
    const { exitCode, complaint, templates } = await synth(context, env);

    expect(complaint).toContain('on AWS downloads are always signed');
    expect({ exitCode, templates }).toEqual({ exitCode: 1, templates: [] });
  });

  test('names the stages that there are where another is asked for', async () => {
    expect((await synth({ stage: 'staging' })).complaint).toContain(
      'stage: got "staging", allowed: dev, prod',
    );
  });
});
