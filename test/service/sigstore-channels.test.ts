/** Channels that ask who signed what they serve: bundles of Sigstore are verified in the background. */
import { beforeEach, expect, test } from '@jest/globals';
import { runCheck } from '../../core/checks/runs/check-runs.ts';
import { loadSigstoreVerifier } from '../../core/checks/sigstore/load-verifier.ts';
import {
  NPM_BUNDLE,
  NPM_RELEASE,
  NPM_SIGNER,
  NPM_TARBALL,
} from '../fixtures/sigstore/real-bundles.ts';
import { type Answer, House } from './house.ts';

const path = { channel: 'stable' };

let house: House;
let admin: string;
let releaser: string;

beforeEach(async () => {
  house = new House();
  admin = await house.token(['admin']);
  releaser = await house.token(['release']);
  await house.push(admin, '4.0.0', { filename: 'notes.txt' }, 'text');
  const policy = { sigstore: NPM_SIGNER };
  const body = { versionId: '4.0.0', policy, skipChecks: true };
  expect((await house.call('putChannel', { token: admin, path, body })).status).toBe(200);
});

async function publish(filename: string, content: Buffer | string): Promise<void> {
  const pushed = await house.push(admin, '5.0.0', { filename }, content);
  expect(pushed.status).toBe(200);
}

function move(more: object = {}): Promise<Answer> {
  const body = { versionId: '5.0.0', ...more };
  return house.call('putChannel', { token: releaser, path, body });
}

async function runAll(): Promise<void> {
  const deps = { ...house.services, loadBundleVerifier: loadSigstoreVerifier };
  for (const checkId of house.checksAsked.splice(0)) await runCheck(deps, checkId);
}

test('a channel moves when the bundle was verified, which takes a background', async () => {
  for (const [filename, bytes] of Object.entries(NPM_RELEASE)) await publish(filename, bytes);

  const early = await move();
  expect([early.status, early.json.code]).toEqual([409, 'CHECKS_PENDING']);
  await runAll();
  const moved = await move();

  expect(moved.status).toBe(200);
  expect(moved.json.checks).toEqual([
    expect.objectContaining({ check: 'statement', filename: NPM_BUNDLE, verdict: 'passed' }),
  ]);
  const { json } = await house.call('getChannelRecord', { token: releaser, path });
  expect(json.policy).toEqual({ sigstore: NPM_SIGNER });
});

test('a channel stays where it is while its signer has not signed, and says who did', async () => {
  for (const [filename, bytes] of Object.entries(NPM_RELEASE)) await publish(filename, bytes);
  const identity = 'https://github.com/example/app/.github/workflows/release.yml@refs/tags/*';
  const body = { versionId: '4.0.0', policy: { sigstore: { ...NPM_SIGNER, identity } } };
  await house.call('putChannel', { token: admin, path, body });

  await move();
  await runAll();
  const refused = await move();

  expect([refused.status, refused.json.code]).toEqual([422, 'CHECKS_FAILED']);
  expect(refused.json.detail).toContain(`is signed by "${NPM_SIGNER.identity}"`);
  expect(refused.json.detail).toContain(`the channel asks for ${identity}`);
});

test('a version without a bundle is refused at once: there is nothing to verify', async () => {
  await publish(NPM_TARBALL, NPM_RELEASE[NPM_TARBALL] ?? '');

  const refused = await move();

  expect([refused.status, refused.json.code]).toEqual([422, 'CHECKS_FAILED']);
  expect(refused.json.detail).toContain(`publish ${NPM_BUNDLE} with it`);
  expect(house.checksAsked).toEqual([]);
});

test('the same signer, written in another order, changes nothing: no admin is needed', async () => {
  const { issuer, identity, predicateType } = NPM_SIGNER;
  const policy = { sigstore: { predicateType, identity, issuer } };

  expect((await move({ versionId: '4.0.0', policy })).status).toBe(200);
});
