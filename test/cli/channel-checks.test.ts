/** Channels that move only where checks pass: what the commands show, wait for and send. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { READ_AT_ONCE_BYTES } from '../../core/checks/runs/check-runs.ts';
import { electron, tauri } from '../core/checks/corpus.ts';
import type { Contents } from '../core/checks/memory-files.ts';
import { House } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await publish('1.4.0', electron.files);
  const wrong = Buffer.from(electron.files['App-1.4.0.exe'] ?? '').fill('x', 0, 5);
  await publish('1.4.1', { ...electron.files, 'App-1.4.0.exe': wrong });
});
afterAll(() => house.close());

async function publish(versionId: string, files: Contents): Promise<void> {
  for (const [filename, content] of Object.entries(files))
    await writeFile(house.path(filename), content);
  const ran = await house.stowage(['push', ...Object.keys(files), '--version', versionId]);
  expect(ran).toMatchObject({ code: 0 });
}

const PASSED =
  /^VERDICT +CHECK +FILE +DETAIL\npassed +electron +latest\.yml +version 1\.4\.0: .*\n/;

describe('channel set', () => {
  test('lists what was checked, and moves', async () => {
    const ran = await house.stowage(['channel', 'set', 'stable', '1.4.0']);

    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(new RegExp(`${PASSED.source}stable -> 1\\.4\\.0\\n$`));
  });

  test('lists what is wrong, says what to do, and leaves the channel where it is', async () => {
    await house.stowage(['channel', 'set', 'beta', '1.4.0']);

    const ran = await house.stowage(['channel', 'set', 'beta', '1.4.1']);
    const json = await house.stowage(['channel', 'set', 'beta', '1.4.1', '--json']);

    expect(ran).toMatchObject({ code: 1 });
    expect(ran.stdout).toMatch(/failed +electron +latest\.yml:4 +says that App-1\.4\.0\.exe has/);
    expect(ran.stderr).toBe(
      'stowage: beta stays where it is: version 1.4.1 has 2 mistakes (CHECKS_FAILED)\n' +
        '  publish it again as another version without them; an admin goes on nevertheless with --skip-checks\n',
    );
    expect(JSON.parse(json.stdout)).toMatchObject({
      versionId: '1.4.1',
      passed: false,
      checks: [{ filename: 'latest.yml', line: 4 }, { line: 7 }],
    });
    const { stdout } = await house.stowage(['channel', 'ls']);
    expect(stdout).toMatch(/beta +1\.4\.0 /);
  });

  test('moves whatever is wrong with --skip-checks, and back again by rollback', async () => {
    await house.stowage(['channel', 'set', 'skipped', '1.4.0']);

    const ran = await house.stowage(['channel', 'set', 'skipped', '1.4.1', '--skip-checks']);
    const back = await house.stowage(['channel', 'rollback', 'skipped']);

    expect(ran).toMatchObject({ code: 0, stdout: 'skipped -> 1.4.1\n' });
    expect(back).toMatchObject({ code: 0 });
    expect(back.stdout).toContain('skipped -> 1.4.0 (was 1.4.1)');
  });

  test('sets what the channel asks of its versions from a file, also where it is', async () => {
    await publish('2.0.0', tauri.files);
    await house.stowage(['channel', 'set', 'signed', '1.4.0']);
    await writeFile(house.path('policy.json'), JSON.stringify({ minisign: tauri.policy.minisign }));

    const policy = ['--policy', house.path('policy.json')];
    const kept = await house.stowage(['channel', 'set', 'signed', ...policy]);
    const unsigned = await house.stowage(['channel', 'set', 'signed', '1.4.1']);
    const signed = await house.stowage(['channel', 'set', 'signed', '2.0.0']);
    const shown = await house.stowage(['channel', 'history', 'signed', '--json']);

    expect(kept).toMatchObject({ code: 0, stdout: 'signed -> 1.4.0\n' });
    expect(unsigned.stdout).toMatch(/failed +signature +App-1\.4\.0\.exe/);
    expect(signed).toMatchObject({ code: 0 });
    expect(JSON.parse(shown.stdout)).toMatchObject({ policy: { minisign: tauri.policy.minisign } });
  });

  test.each([
    ['no JSON', /must be a JSON object/],
    ['{"gpg":{}}', /unknown fields "gpg"; allowed are feeds/],
    ['{"sigstore":{"issuer":"x","identity":"y"}}', /policy\.sigstore\.issuer must be an https URL/],
  ])('refuses the policy %s', async (text, said) => {
    await writeFile(house.path('policy.json'), text);
    const policy = ['--policy', house.path('policy.json')];

    const ran = await house.stowage(['channel', 'set', 'stable', '1.4.0', ...policy]);

    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toMatch(said);
  });

  test('waits for the checks of large files', async () => {
    const bytes = Buffer.alloc(READ_AT_ONCE_BYTES + 1, 'large');
    const sum = createHash('sha512').update(bytes).digest('hex');
    await publish('3.0.0', { 'App.bin': bytes, SHA512SUMS: `${sum}  App.bin\n` });
    await writeFile(house.path('policy.json'), '{"feeds":true}');
    const policy = ['--policy', house.path('policy.json')];
    await house.stowage(['channel', 'set', 'large', '1.4.0', ...policy]);

    const ran = await house.stowage(['channel', 'set', 'large', '3.0.0']);

    expect(ran).toMatchObject({
      code: 0,
      stderr: '3.0.0: the service checks large files and signatures first\n',
    });
    expect(ran.stdout).toMatch(/passed +checksums +SHA512SUMS .*\nlarge -> 3\.0\.0\n$/s);
  });
});

describe('check', () => {
  test('downloads nothing where the service checks, and everything with a token that only reads', async () => {
    const made = await house.stowage([
      'token',
      'create',
      '--name',
      'r',
      '--scope',
      'read',
      '--json',
    ]);
    const { token } = JSON.parse(made.stdout) as { token: string };

    const there = await house.stowage(['check', '1.4.1', '--json']);
    const here = await house.stowage(['check', '1.4.1', '--json'], {
      env: { STOWAGE_TOKEN: token },
    });

    expect(there).toMatchObject({ code: 1 });
    expect(here).toEqual(there);
  });
});

describe('what the feed of a channel names', () => {
  const feed = 'latest.yml of channel named';

  test('is deleted with --force alone, and yanked with a warning', async () => {
    await publish('4.0.0', electron.files);
    await house.stowage(['channel', 'set', 'named', '4.0.0']);

    const refused = await house.stowage(['rm', '4.0.0/App-1.4.0.exe']);
    const whole = await house.stowage(['rm', '4.0.0', '--yes']);
    const yanked = await house.stowage(['yank', '4.0.0/App-1.4.0.exe']);
    const json = await house.stowage(['yank', '4.0.0', '--json']);
    const forced = await house.stowage(['rm', '4.0.0/App-1.4.0.exe', '--force']);
    const all = await house.stowage(['rm', '4.0.0', '--yes', '--force']);

    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`App-1.4.0.exe is named by ${feed}`);
    expect(refused.stderr).toMatch(/\(IN_USE\)\n {2}point the channel .* with --force\n$/);
    expect([whole.code, whole.stdout]).toEqual([1, '']);
    expect(yanked).toMatchObject({ code: 0 });
    expect(yanked.stderr).toContain(`warning: ${feed} (version 4.0.0) leads clients to it`);
    expect(JSON.parse(json.stdout).feeds).toContainEqual({
      channel: 'named',
      versionId: '4.0.0',
      filename: 'latest.yml',
    });
    expect(forced).toMatchObject({ code: 0, stdout: '4.0.0/App-1.4.0.exe: deleted\n' });
    expect(all).toMatchObject({ code: 0 });
  });
});
