/** `stowage doctor --stack`: what it prints, and how it ends. What it finds is tested in test/doctor/. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FakeAws, OUTPUTS } from '../doctor/stack/fake-aws.ts';
import { type Ran, runCli, temporaryFolder } from './house.ts';

let aws: FakeAws;
let folder: string;
beforeAll(async () => {
  // No name may be looked up: what is found there would depend on the network.
  const { ApiDomainTarget: _api, CdnDomainTarget: _cdn, ...outputs } = OUTPUTS;
  aws = await FakeAws.listen('denies', outputs);
  folder = await temporaryFolder();
});
afterAll(() => aws.close());

function doctor(...words: readonly string[]): Promise<Ran> {
  const env = {
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'eu-central-1',
    AWS_MAX_ATTEMPTS: '1',
  };
  return runCli(['doctor', ...words], { cwd: folder, env });
}

describe('stowage doctor --stack', () => {
  test('fails where something could not be checked, and names the right that is missing', async () => {
    const { code, stdout, stderr } = await doctor('--stack', 'dev');

    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/^stack dev in eu-central-1$/m);
    expect(stdout).toMatch(/ \? +cors +could not check: needs s3:GetBucketCORS$/m);
    expect(stdout).toMatch(/ yes +stack-status +CREATE_COMPLETE$/m);
    expect(stdout).toMatch(/wrong: 0; advice: 0; could not check: \d\d$/m);
  });

  test('prints one document with --json, and leaves out what is skipped', async () => {
    const { code, stdout } = await doctor('--stack', 'dev', '--json', '--skip', 'cors', 'expiry');

    const report = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(report).toMatchObject({
      stack: 'dev',
      region: 'eu-central-1',
      healthy: true,
      complete: false,
    });
    expect(report.findings.filter((one: { found: string }) => /--skip/.test(one.found))).toEqual([
      expect.objectContaining({ id: 'cors', verdict: 'skipped' }),
      expect.objectContaining({ id: 'expiry', verdict: 'skipped' }),
    ]);
  });

  test('refuses to leave out what it does not know, and names what there is', async () => {
    const { code, stderr } = await doctor('--stack', 'dev', '--skip', 'corse');

    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/corse; allowed: stack-status, .*cors/),
    ]);
  });

  test('refuses --skip where it examines a store', async () => {
    const { code, stderr } = await doctor('--skip', 'cors');

    expect([code, stderr]).toEqual([2, expect.stringContaining('add --stack NAME')]);
  });
});
