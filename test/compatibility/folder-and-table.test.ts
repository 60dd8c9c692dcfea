/** The doctor with a folder on this machine and with a DynamoDB table, and the form of its output. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { DoctorReport } from '../../core/doctor/report.ts';
import { DynamoServer } from '../storage/dynamo/harness.ts';
import { runDoctor } from './doctor-run.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-doctor-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** One byte is what any disk has room for. */
const settings = (more: Readonly<Record<string, string>> = {}) => ({
  STORAGE_LOCAL_PATH: join(folder, 'not', 'yet'),
  MAX_PACKAGE_BYTES: '1',
  ...more,
});

describe('of a folder', () => {
  test('that is not there yet, it tries the file system, and leaves nothing behind', async () => {
    const { code, stdout } = await runDoctor(settings(), ['--json']);

    const { findings } = JSON.parse(stdout) as DoctorReport;
    const verdicts = Object.fromEntries(findings.map(({ id, verdict }) => [id, verdict]));
    expect({ code, verdicts }).toMatchObject({
      code: 0,
      verdicts: {
        'disk-write': 'kept',
        'disk-no-overwrite': 'kept',
        'disk-rename': 'kept',
        'disk-space': 'kept',
      },
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('it says to people what is kept', async () => {
    const { stdout } = await runDoctor(settings());

    const [place, blank, head, ...rows] = stdout.split('\n');
    expect([place, blank]).toEqual([`folder ${join(folder, 'not', 'yet')}`, '']);
    expect(head).toMatch(/^The folder {2,}KEPT$/);
    expect(rows[0]).toMatch(/^files can be written.* {2,}yes {2,}they are$/);
    expect(stdout).toMatch(/\n\d of 6 are kept; not kept and needed: 0\n$/);
  });

  test('with a file in its way, it says what to do, and exits with 1', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');

    const { code, stdout } = await runDoctor(settings({ STORAGE_LOCAL_PATH: file }));

    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/ NO .*STORAGE_LOCAL_PATH/),
    });
    expect(stdout).toMatch(/\n0 of 6 are kept; not kept and needed: 1\n$/);
  });
});

describe('of a table', () => {
  let server: DynamoServer;

  beforeEach(async () => {
    server = await DynamoServer.start();
  });

  afterEach(() => server.stop());

  const tableSettings = (tableName: string) =>
    settings({
      CATALOG_TYPE: 'dynamodb',
      TABLE_NAME: tableName,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      DYNAMODB_ENDPOINT: server.endpoint,
      URL_SIGNING_KEY: 'k'.repeat(32),
    });

  test('it finds keys and indexes as they must be', async () => {
    const { code, stdout } = await runDoctor(tableSettings(await server.newTable()), ['--json']);

    const { findings } = JSON.parse(stdout) as DoctorReport;
    expect({ code, last: findings.at(-1) }).toMatchObject({
      code: 0,
      last: { id: 'table', verdict: 'kept' },
    });
  });

  test('that is not there, it names the setting, and exits with 1', async () => {
    const { code, stdout } = await runDoctor(tableSettings('nowhere'));

    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/ NO .*see TABLE_NAME/),
    });
  });
});

describe('misused', () => {
  test.each<[string, Readonly<Record<string, string>>, readonly string[], RegExp]>([
    ['a setting is missing', { STORAGE_TYPE: 's3' }, [], /S3_BUCKET: got nothing/],
    ['a setting is wrong', { STORAGE_TYPE: 'tape' }, [], /STORAGE_TYPE: got "?tape/],
    ['a word is too much', {}, ['bucket'], /too many arguments/],
    ['a flag is unknown', {}, ['--mend'], /unknown option/],
  ])('it exits with 2 where %s', async (_what, env, words, message) => {
    expect(await runDoctor(settings(env), words)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });
});
