/** A deployment rehearsed without an account: bootstrapped, deployed and used in an emulator of AWS that enforces policies. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DeployedStack } from '../support/deployed/deployed-stack.ts';
import {
  type AwsEmulator,
  hasAwsEmulator,
  startAwsEmulator,
} from '../support/servers/aws-emulator/aws-emulator.ts';
import { describeChanges, OTHER_BURST, OTHER_SETTINGS } from './acts/changes.ts';
import { describeDoctor } from './acts/doctor.ts';
import { describeEvents } from './acts/events.ts';
import { describeUploadsThatAreLost } from './acts/lost-uploads.ts';
import { describeOperator } from './acts/operator.ts';
import { describeRecall } from './acts/recall.ts';
import { describeRestoredTable } from './acts/restored-table.ts';
import { describeRoles } from './acts/roles.ts';
import { describeRotation } from './acts/rotation.ts';
import { describeSettings } from './acts/settings.ts';
import { describeSettingsAround } from './acts/settings-around.ts';
import { describeVerification } from './acts/verification.ts';
import { type Assembly, Cdk } from './cdk.ts';
import { CORS_ORIGIN } from './deployed-target.ts';
import { withBurst, withEarlierRoutes } from './earlier-release.ts';
import { functionLogs } from './function-logs.ts';
import { keptState } from './kept-state.ts';
import { describeDeployed, StepTimes } from './report-deployed.ts';

const STACK = 'Stowage-dev';
const SETTINGS = { corsOrigins: [CORS_ORIGIN], events: true };
/** A file for the logs of emulator and functions, to find the cause of a failure. */
const LOG = process.env['REHEARSAL_LOG'];

describe('the rehearsal', () => {
  if (!hasAwsEmulator()) {
    test.skip('the emulator of AWS is not installed: nothing is deployed', () => {});
    return;
  }
  let emulator: AwsEmulator | undefined;
  let folder: string;
  let stack: DeployedStack | undefined;
  let cdk: Cdk;
  let changed: Assembly;
  /** Of a deployment that broke before the first one that did not. */
  let failure: string;
  let leftovers: readonly string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stowage-rehearsal-'));
    const times = new StepTimes();
    const started = await times.measure('emulator', startAwsEmulator);
    emulator = started;
    cdk = new Cdk(started, folder, STACK);
    await times.measure('bootstrap', () => cdk.bootstrap());
    const first = await times.measure('synth', () => cdk.synth('first', SETTINGS));
    failure = await cdk.deploy(await cdk.broken(first)).then(String, String);
    leftovers = await keptState(started);
    const earlier = await cdk.edit(first, 'earlier', withEarlierRoutes);
    await times.measure('deploy an earlier release', () => cdk.deploy(earlier));
    const outputs = await times.measure('deploy', () => cdk.deploy(first));
    stack = await DeployedStack.read(started, STACK, outputs);
    process.stderr.write(describeDeployed(STACK, stack.resources, times));
    const others = await cdk.synth('changed', { ...SETTINGS, ...OTHER_SETTINGS });
    changed = await cdk.edit(others, 'throttled', withBurst(OTHER_BURST));
  });
  afterAll(async () => {
    stack?.close();
    if (LOG !== undefined && emulator !== undefined) {
      await writeFile(LOG, [await emulator.log(), ...(await functionLogs(emulator))].join('\n'));
    }
    await emulator?.stop();
    await rm(folder, { recursive: true });
  });
  const running = () => {
    if (emulator === undefined) throw new Error('the emulator runs only while tests run');
    return emulator;
  };
  const deployed = () => {
    if (stack === undefined) throw new Error('the stack exists only while tests run');
    return stack;
  };

  test('a first deployment that breaks halfway leaves nothing in the way of the next one', () => {
    expect(failure).toMatch(/Broken/);
    expect(leftovers).toEqual([]);
  });
  describe('settings, read back', () => {
    describeSettings(deployed);
    describeSettingsAround(deployed);
  });
  describe('the doctor', () => describeDoctor(running, deployed, STACK));
  describe('roles', () => describeRoles(deployed));
  describe('lost uploads', () => describeUploadsThatAreLost(deployed));
  describe('recall', () => describeRecall(deployed));
  describe('events', () => describeEvents(deployed));
  describe("rotation of the CDN's keys", () => describeRotation(deployed));
  describe('an operator', () => describeOperator(running, STACK));
  describe('e2e:stack', () => describeVerification(running, deployed, STACK));
  describe('a restored table', () => describeRestoredTable(running, deployed, STACK));
  // The stack is gone after these.
  describe('changes', () =>
    describeChanges(() => ({ name: STACK, cdk, changed, stack: deployed() })));
});
