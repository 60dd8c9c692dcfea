/** cfn-lint, which knows what CloudFormation takes in each region, finds nothing in the template of any stage. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cfnLint, templateCheckers } from '../../tools/servers/template-checkers.ts';
import { EVERY_STAGE } from './support/every-stage.ts';
import { templatesOf } from './support/templates.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-templates-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** What it finds, as it says it. */
async function lint(regions: readonly string[], files: readonly string[]): Promise<string> {
  try {
    // Its own settings (.cfnlintrc.yaml) are those of the folder that it is run in.
    const { stdout } = await run(cfnLint(), ['--regions', ...regions, '--', ...files], {
      cwd: ROOT,
    });
    return stdout;
  } catch (error) {
    // It exits with a number of its own where it finds something, and says what.
    return String((error as { stdout?: unknown }).stdout || error);
  }
}

const describeWhereThere = templateCheckers.isThere() ? describe : describe.skip;

describeWhereThere('cfn-lint', () => {
  test('finds nothing in any template of any stage', async () => {
    const regions = new Set<string>();
    for (const stage of EVERY_STAGE) {
      for (const [name, template] of Object.entries(templatesOf(stage))) {
        await writeFile(
          join(folder, `${stage.name}-${name}.template.json`),
          JSON.stringify(template.toJSON()),
        );
      }
      regions.add(stage.region).add(stage.input.replicaRegion ?? stage.region);
    }
    const files = (await readdir(folder)).map((file) => join(folder, file));

    expect(files.length).toBeGreaterThan(EVERY_STAGE.length);
    expect(await lint([...regions], files)).toBe('');
  });

  test('finds a property that no bucket has', async () => {
    const file = join(folder, 'wrong.json');
    const bucket = { Type: 'AWS::S3::Bucket', Properties: { Colour: 'red' } };
    await writeFile(file, JSON.stringify({ Resources: { Bucket: bucket } }));

    expect(await lint(['us-east-1'], [file])).toContain('Colour');
  });
});
