/** Checks of versions by the service, and the channels that move only where they pass. */
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { READ_AT_ONCE_BYTES, runCheck } from '../../core/checks/runs/check-runs.ts';
import { loadSigstoreVerifier } from '../../core/checks/sigstore/load-verifier.ts';
import { parseVersionId } from '../../core/names.ts';
import { electronRelease } from '../clients/electron-release.ts';
import { type Answer, House } from './house.ts';

let house: House;
let admin: string;
let releaser: string;

beforeEach(async () => {
  house = new House();
  admin = await house.token(['admin']);
  releaser = await house.token(['release']);
});

/** A version as electron-builder publishes it, whose feed says `sha512` of the installer. */
async function publishElectron(version: string, options: { sha512?: string; bytes?: string } = {}) {
  const exe = `App-${version}.exe`;
  const bytes = Buffer.from(options.bytes ?? `installer ${version}`);
  const files = electronRelease(version, 'latest.yml', exe, bytes);
  const right = createHash('sha512').update(bytes).digest('base64');
  for (const [filename, content] of Object.entries(files)) {
    const text = content.toString();
    const said = filename === 'latest.yml' ? text.replaceAll(right, options.sha512 ?? right) : text;
    await house.push(admin, version, { filename }, said);
  }
}

function check(versionId: string, body: object = {}, token = releaser): Promise<Answer> {
  return house.call('checkVersion', { token, path: { versionId }, body });
}

function move(versionId: string, more: object = {}, token = releaser): Promise<Answer> {
  house.now = new Date(house.now.getTime() + 1000);
  const path = { channel: 'stable' };
  return house.call('putChannel', { token, path, body: { versionId, ...more } });
}

/** Points the channel at a version without feeds, and makes all checks count from now on. */
async function askForChecks(): Promise<void> {
  await house.push(admin, '0.1.0', { filename: 'tool.zip' }, 'tool');
  await move('0.1.0', { policy: { feeds: true } }, admin);
}

async function channelVersion(): Promise<string | undefined> {
  const path = { channel: 'stable' };
  return (await house.call('getChannelRecord', { token: releaser, path })).json.versionId;
}

/** Runs what was left to the background. */
async function runAll(): Promise<void> {
  for (const checkId of house.checksAsked.splice(0))
    await runCheck({ ...house.services, loadBundleVerifier: loadSigstoreVerifier }, checkId);
}

const WRONG = Buffer.alloc(64, 7).toString('base64');
const LARGE = 'x'.repeat(READ_AT_ONCE_BYTES + 1);

describe('checks of a version', () => {
  test('are answered at once where little must be read, and can be read again', async () => {
    await publishElectron('1.4.0', { sha512: WRONG });

    const answer = await check('1.4.0');

    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ versionId: '1.4.0', state: 'done', passed: false });
    expect(answer.json.checks[0]).toMatchObject({
      check: 'electron',
      filename: 'latest.yml',
      line: expect.any(Number),
      verdict: 'failed',
      detail: expect.stringContaining(WRONG),
    });
    const path = { versionId: '1.4.0', checkId: answer.json.checkId };
    expect((await house.call('getCheck', { token: releaser, path })).json).toEqual(answer.json);
    const other = { ...path, versionId: '1.5.0' };
    expect((await house.call('getCheck', { token: releaser, path: other })).status).toBe(404);
  });

  test('run in the background where more than 16 MiB must be read', async () => {
    await publishElectron('1.4.0', { bytes: LARGE });

    const asked = await check('1.4.0');
    expect(asked.status).toBe(202);
    expect(asked.json).toMatchObject({ state: 'running', checks: [] });
    const path = { versionId: '1.4.0', checkId: asked.json.checkId };
    expect((await house.call('getCheck', { token: releaser, path })).json.state).toBe('running');
    await runAll();

    const { json } = await house.call('getCheck', { token: releaser, path });
    expect(json).toMatchObject({ state: 'done', passed: true });
    expect((await check('1.4.0')).status).toBe(200);
    expect(house.checksAsked).toEqual([]);
  });

  test('read a large file once: its digests are kept', async () => {
    await publishElectron('1.4.0', { bytes: LARGE });
    await check('1.4.0');
    await runAll();
    await house.push(admin, '1.4.0', { filename: 'more.zip' }, 'more');

    const again = await check('1.4.0');

    expect(again.status).toBe(200);
    expect(again.json).toMatchObject({ state: 'done', passed: true });
    const exe = await house.catalog.findPackage(parseVersionId('1.4.0'), 'App-1.4.0.exe');
    expect(exe?.digests).toEqual({
      sha512: createHash('sha512').update(LARGE).digest('hex'),
      sha1: createHash('sha1').update(LARGE).digest('hex'),
      blake2b512: createHash('blake2b512').update(LARGE).digest('hex'),
    });
  });

  test('count no longer when a file was yanked or added, and count again when it is restored', async () => {
    await publishElectron('1.4.0');
    const first = await check('1.4.0');
    expect(first.json.passed).toBe(true);
    const exe = await house.catalog.findPackage(parseVersionId('1.4.0'), 'App-1.4.0.exe');
    const path = { versionId: '1.4.0', packageId: exe?.packageId ?? '' };

    await house.call('yankPackage', { token: admin, path, body: {} });
    const yanked = await check('1.4.0');
    await house.call('restorePackage', { token: admin, path, body: {} });

    expect(yanked.json).toMatchObject({ passed: false });
    expect(yanked.json.checkId).not.toBe(first.json.checkId);
    expect((await check('1.4.0')).json).toEqual(first.json);
    await house.push(admin, '1.4.0', { filename: 'more.zip' }, 'more');
    expect((await check('1.4.0')).json.checkId).not.toBe(first.json.checkId);
  });

  test('that waited while files changed are outdated, and start again', async () => {
    await publishElectron('1.4.0', { bytes: LARGE });
    const asked = await check('1.4.0');
    await house.push(admin, '1.4.0', { filename: 'more.zip' }, 'more');
    await runAll();

    const path = { versionId: '1.4.0', checkId: asked.json.checkId };
    expect((await house.call('getCheck', { token: releaser, path })).json.state).toBe('outdated');
    expect((await check('1.4.0')).status).toBe(202);
  });

  test('say so when stored bytes are not those that were published', async () => {
    await publishElectron('1.4.0');
    const exe = await house.catalog.findPackage(parseVersionId('1.4.0'), 'App-1.4.0.exe');
    if (exe?.blob === undefined) throw new Error('it is not published');
    await house.store.delete(exe.key, exe.blob);

    const { json } = await check('1.4.0');

    expect(json).toMatchObject({ passed: false, checks: [{ check: 'stored-bytes' }] });
  });

  test('see drafts, and no version or channel that is not there', async () => {
    const path = { versionId: '2.0.0' };
    await house.call('putVersion', { token: admin, path, body: { draft: true } });
    await publishElectron('2.0.0');

    expect((await check('2.0.0')).json.passed).toBe(true);
    expect((await check('3.0.0')).status).toBe(404);
    expect((await check('2.0.0', { channel: 'none' })).status).toBe(404);
    expect((await check('2.0.0', {}, await house.token(['publish']))).status).toBe(403);
  });

  test('that did not reach the queue are not waited for', async () => {
    const broken = new House({
      checkQueue: {
        patienceSeconds: 600,
        enqueueCheck: async () => {
          throw new Error('the queue is gone');
        },
      },
    });
    house = broken;
    admin = await house.token(['admin']);
    await publishElectron('1.4.0', { bytes: LARGE });

    expect((await check('1.4.0', {}, admin)).status).toBe(500);
    expect((await check('1.4.0', {}, admin)).status).toBe(500);
  });
});

describe('a channel', () => {
  test('does not move to a version whose feed is wrong, and says where and what', async () => {
    await publishElectron('1.3.0');
    await publishElectron('1.4.0', { sha512: WRONG });
    const moved = await move('1.3.0');
    expect(moved.json.checks).toEqual([expect.objectContaining({ verdict: 'passed' })]);

    const refused = await move('1.4.0');

    expect(refused.status).toBe(422);
    expect(refused.json).toMatchObject({ code: 'CHECKS_FAILED' });
    expect(refused.json.detail).toMatch(/latest\.yml:\d+: says that App-1\.4\.0\.exe .*skipChecks/);
    expect(refused.json.checks[0]).toMatchObject({ filename: 'latest.yml', verdict: 'failed' });
    expect(await channelVersion()).toBe('1.3.0');
  });

  test('moves to versions without feeds as before', async () => {
    await house.push(admin, '1.0.0', { filename: 'tool.zip' }, 'tool');

    const { status, json } = await move('1.0.0');

    expect(status).toBe(200);
    expect(Object.keys(json).sort()).toEqual(['channel', 'public', 'updatedAt', 'versionId']);
    expect(house.log().filter(({ action }) => action === 'putChannel')).toEqual([
      expect.not.objectContaining({ skippedChecks: expect.anything() }),
    ]);
  });

  test('without a policy waits for nothing: files that are large are not read', async () => {
    await publishElectron('1.4.0', { bytes: LARGE, sha512: WRONG });

    const { status, json } = await move('1.4.0');

    expect(status).toBe(200);
    expect(json.checks).toContainEqual(
      expect.objectContaining({
        verdict: 'skipped',
        detail: expect.stringMatching(/^App-1\.4\.0\.exe was not compared with its sha512/),
      }),
    );
    expect(house.checksAsked).toEqual([]);
  });

  test('without a policy is refused by what was found of large files before', async () => {
    await publishElectron('1.3.0');
    await move('1.3.0');
    await publishElectron('1.4.0', { bytes: LARGE, sha512: WRONG });
    await check('1.4.0', { channel: 'stable' });
    await runAll();

    expect((await move('1.4.0')).json).toMatchObject({ code: 'CHECKS_FAILED' });
  });

  test.each([
    ['latest.yml', 'version: 1.4.0'],
    ['latest.yml', 'not a feed'],
    ['latest.json', '{"version": "x", "platforms": {}}'],
    ['appcast.xml', '<a>'],
    ['RELEASES', ''],
    ['InRelease', 'Origin: example'],
    ['index.yaml', 'apiVersion: v1'],
    ['tool.zip.sigstore.json', '{}'],
  ])(
    'without a policy moves to a %s that says nothing of other files; with one it does not',
    async (filename, text) => {
      await house.push(admin, '1.4.0', { filename: 'tool.zip' }, 'tool');
      await house.push(admin, '1.4.0', { filename }, text || ' ');

      expect((await move('1.4.0')).status).toBe(200);

      await house.push(admin, '1.3.0', { filename: 'tool.zip' }, 'tool');
      await move('1.3.0', { policy: { feeds: true } }, admin);
      expect((await move('1.4.0')).json).toMatchObject({ code: 'CHECKS_FAILED' });
    },
  );

  test('with a policy waits for checks that read large files, and moves when they have passed', async () => {
    await publishElectron('1.4.0', { bytes: LARGE });
    await askForChecks();

    const early = await move('1.4.0');
    expect(early.status).toBe(409);
    expect(early.json).toMatchObject({ code: 'CHECKS_PENDING', checkId: expect.any(String) });
    expect(early.headers['retry-after']).toBe('5');
    await runAll();

    expect((await move('1.4.0')).status).toBe(200);
  });

  test('goes back to a version that it remembers without waiting for checks', async () => {
    await publishElectron('1.3.0', { bytes: LARGE });
    await publishElectron('1.4.0');
    await askForChecks();
    await move('1.3.0', { skipChecks: true }, admin);
    await move('1.4.0');

    expect((await move('1.3.0')).status).toBe(200);
  });

  test('without a policy goes back to a version that it remembers, also when its feed names a yanked file', async () => {
    await publishElectron('1.3.0');
    await publishElectron('1.4.0');
    await move('1.3.0');
    await move('1.4.0');
    const exe = await house.catalog.findPackage(parseVersionId('1.3.0'), 'App-1.3.0.exe');
    const path = { versionId: '1.3.0', packageId: exe?.packageId ?? '' };
    await house.call('yankPackage', { token: admin, path, body: {} });

    const { status, json } = await move('1.3.0');

    expect(status).toBe(200);
    expect(json.checks).toContainEqual(expect.objectContaining({ contradicts: true }));
  });

  test('goes back by what was found before: nothing large is read again', async () => {
    await publishElectron('1.3.0', { bytes: LARGE });
    await publishElectron('1.4.0');
    await askForChecks();
    await move('1.3.0');
    await runAll();
    await move('1.3.0');
    await move('1.4.0');

    const back = await move('1.3.0');

    expect(back.json.checks).toEqual([expect.objectContaining({ verdict: 'passed' })]);
    expect(house.checksAsked).toEqual([]);
  });

  test('is moved without checks by admins alone, which is logged', async () => {
    await publishElectron('1.4.0', { sha512: WRONG });

    expect((await move('1.4.0', { skipChecks: true })).status).toBe(403);
    expect((await move('1.4.0', { skipChecks: true }, admin)).status).toBe(200);

    expect(house.log().at(-2)).toMatchObject({ action: 'putChannel', skippedChecks: true });
  });

  test('that points at a version with mistakes can still be opened and closed', async () => {
    await publishElectron('1.4.0', { sha512: WRONG });
    await move('1.4.0', { skipChecks: true }, admin);

    expect((await move('1.4.0', { public: true }, admin)).status).toBe(200);
  });
});

describe('a rollout', () => {
  function rollOut(versionId: string, more: object = {}, token = releaser): Promise<Answer> {
    house.now = new Date(house.now.getTime() + 1000);
    const path = { channel: 'stable' };
    return house.call('putRollout', { token, path, body: { versionId, percent: 5, ...more } });
  }

  test('of a version with mistakes does not begin, but for an admin who skips the checks', async () => {
    await publishElectron('1.3.0');
    await publishElectron('1.4.0', { sha512: WRONG });
    await move('1.3.0');

    const refused = await rollOut('1.4.0');

    expect(refused.json).toMatchObject({ code: 'CHECKS_FAILED', checks: expect.any(Array) });
    expect((await rollOut('1.4.0', { skipChecks: true })).status).toBe(403);
    expect((await rollOut('1.4.0', { skipChecks: true }, admin)).status).toBe(200);
    expect(house.log().at(-2)).toMatchObject({ action: 'putRollout', skippedChecks: true });
    const path = { channel: 'stable' };
    const completed = await house.call('completeRollout', { token: releaser, path, body: {} });
    expect(completed.status).toBe(200);
  });

  test('begins when the checks of large files have passed, changes its share and is completed without waiting', async () => {
    await publishElectron('1.3.0');
    await publishElectron('1.4.0', { bytes: LARGE });
    await move('1.3.0', { policy: { feeds: true } }, admin);

    const early = await rollOut('1.4.0');
    expect(early.json).toMatchObject({ code: 'CHECKS_PENDING', checkId: expect.any(String) });
    await runAll();
    expect((await rollOut('1.4.0')).status).toBe(200);
    // With another file there are no results yet.
    await house.push(admin, '1.4.0', { filename: 'more.zip' }, 'more');
    expect((await rollOut('1.4.0', { percent: 50 })).status).toBe(200);

    const path = { channel: 'stable' };
    const completed = await house.call('completeRollout', { token: releaser, path, body: {} });
    expect(completed.status).toBe(200);
    expect(await channelVersion()).toBe('1.4.0');
  });
});

describe('the policy of a channel', () => {
  test('is kept, shown, and kept again where a move does not name it', async () => {
    await publishElectron('1.3.0');
    await publishElectron('1.4.0', { sha512: WRONG });
    const policy = { feeds: false, feedNames: ['x.yml'], preferExts: ['msi', 'exe'] };

    expect((await move('1.3.0', { policy }, admin)).status).toBe(200);
    expect((await move('1.4.0')).status).toBe(200);

    const path = { channel: 'stable' };
    const { json } = await house.call('getChannelRecord', { token: releaser, path });
    expect(json).toMatchObject({ versionId: '1.4.0', policy });
    expect((await move('1.4.0', { policy: {} }, admin)).status).toBe(200);
    const after = await house.call('getChannelRecord', { token: releaser, path });
    expect(after.json.policy).toBeUndefined();
  });

  test('is set by admins: who may only move channels may name what is set already', async () => {
    await publishElectron('1.3.0');
    const policy = { feeds: false };

    expect((await move('1.3.0', { policy })).status).toBe(403);
    await move('1.3.0', { policy }, admin);

    expect((await move('1.3.0', { policy })).status).toBe(200);
    expect((await move('1.3.0', { policy: {} })).status).toBe(403);
  });

  test('makes results of another policy count no longer', async () => {
    await publishElectron('1.4.0');
    await publishElectron('1.3.0');
    await move('1.3.0');
    const before = await check('1.4.0', { channel: 'stable' });

    const minisign = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';
    await move('1.3.0', { policy: { minisign } }, admin);

    const after = await check('1.4.0', { channel: 'stable' });
    expect([before.json.passed, after.json.passed]).toEqual([true, false]);
    expect((await move('1.4.0')).json).toMatchObject({ code: 'CHECKS_FAILED' });
  });

  test.each([
    [{ minisign: 'no key' }, 'policy.minisign'],
    [{ ed25519: 'AAAA' }, 'policy.ed25519'],
    [{ sigstore: {} }, 'sigstore'],
    [{ sigstore: { issuer: 'accounts', identity: 'a@example.com' } }, 'policy.sigstore.issuer'],
    [{ sigstore: { issuer: 'https://a.example', identity: '**' } }, 'lets everyone sign'],
    [
      { feeds: false, sigstore: { issuer: 'https://a.example', identity: 'a@example.com' } },
      'policy.feeds false',
    ],
    [{ requireSealed: 'yes' }, 'requireSealed'],
    [{ preferExts: ['.exe'] }, 'preferExts'],
  ])('%j is refused', async (policy, named) => {
    await house.push(admin, '1.0.0', { filename: 'tool.zip' }, 'tool');

    const { status, json } = await move('1.0.0', { policy }, admin);

    expect([status, json.detail]).toEqual([400, expect.stringContaining(named)]);
  });

  test('says which of several files for a platform is meant', async () => {
    for (const filename of ['App-x64.msi', 'App-x64.exe'])
      await house.push(admin, '1.0.0', { filename, os: 'windows', arch: 'x64' }, filename);
    await move('1.0.0');
    const path = { channel: 'stable', os: 'windows', arch: 'x64' };
    const ask = () => house.call('downloadForPlatform', { token: releaser, path });
    expect((await ask()).status).toBe(409);

    await move('1.0.0', { policy: { preferExts: ['deb', 'msi', 'exe'] } }, admin);

    expect((await ask()).headers['location']).toContain('App-x64.msi');
  });
});
