/** What `npm run e2e:stack` verifies: the service contract, and what shows only in a deployed stack. */
import { afterAll, describe } from '@jest/globals';
import { describeService } from '../service.contract.ts';
import { describeCdn } from './cdn.ts';
import { describeConsole } from './console.ts';
import { describeGateway } from './gateway.ts';
import { describeKeys } from './keys.ts';
import { closeRun, openStack, run } from './run.ts';
import { describeWatch } from './watch.ts';

afterAll(closeRun);

describeService(run.stackName, openStack);
describe('the gateway', describeGateway);
describe('the CDN', describeCdn);
describe('the console', describeConsole);
describe('the keys of the CDN', describeKeys);
describe('the watch', describeWatch);
