/** The run that the tests of this folder belong to, and what they note beside their results. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import {
  FOLDER_VARIABLE,
  type Remark,
  readRun,
  remarksFile,
  type Traffic,
  trafficFile,
} from '../../../tools/e2e-stack/stack-run.ts';
import { DeployedStack } from '../../support/deployed/deployed-stack.ts';
import { type Answer, type Send, send } from '../../support/plain-client.ts';
import { until } from '../service-contract/visit.ts';
import type { ServiceTarget } from '../service-target.ts';
import { stackTarget } from './stack-target.ts';

/** What API Gateway answers where a route gets more than it may. */
const THROTTLED = 429;
const MOST_TRIES = 20;
const PAUSE_MS = 500;

const folder = process.env[FOLDER_VARIABLE] ?? '';
export const run = await readRun(folder);
const account = { region: run.region };
export const stack = await DeployedStack.read(account, run.stackName, run.outputs);

const traffic = { api: 0, bucket: 0, cdn: 0, throttled: 0, cdnBytes: 0, recalls: 0 };

/** What makes the CDN forget: a yank, and a delete of a package. */
const RECALL = /\/yank$|^DELETE .*\/packages\/[^/]+$/;

/** Counts what is sent, and sends again what was throttled. */
const sendPatiently: Send = async (url, options) => {
  for (let tries = 1; ; tries++) {
    const receiver = receiverOf(url);
    traffic[receiver]++;
    const answer = await send(url, options);
    if (receiver === 'cdn') traffic.cdnBytes += answer.body.length;
    if (receiver === 'api' && RECALL.test(`${options?.method} ${url}`)) traffic.recalls++;
    if (answer.status !== THROTTLED || tries === MOST_TRIES) return answer;
    traffic.throttled++;
    await delay(PAUSE_MS);
  }
};

function receiverOf(url: string): 'api' | 'bucket' | 'cdn' {
  if (url.startsWith(run.outputs['ApiUrl'] ?? '')) return 'api';
  return new URL(url).host === run.outputs['CdnDomain'] ? 'cdn' : 'bucket';
}

export async function openStack(): Promise<ServiceTarget> {
  const { adminToken, tokensExpireAt, corsOrigin, versionPrefix } = run;
  const access = { adminToken, tokensExpireAt, send: sendPatiently };
  return stackTarget(stack, { ...access, corsOrigin, versionPrefix });
}

export function closeRun(): void {
  writeFileSync(trafficFile(folder), JSON.stringify(traffic satisfies Traffic));
  stack.close();
}

/** Notes a figure, or what was seen, beside the result of the running test. */
export function remark(note: string): void {
  write({ note });
}

/** The running test verifies nothing here. */
export function skipped(why: string): void {
  write({ skipped: why });
}

function write(what: Omit<Remark, 'test'>): void {
  const { currentTestName: test = '' } = expect.getState();
  appendFileSync(remarksFile(folder), `${JSON.stringify({ test, ...what })}\n`);
}

/** Asks until the answer has that status. @returns the answer, and how long that took */
export async function untilStatus(
  url: string,
  status: number,
): Promise<{ readonly answer: Answer; readonly seconds: string }> {
  const began = performance.now();
  const answer = await until(
    () => sendPatiently(url),
    (one) => one.status === status,
  );
  return { answer, seconds: ((performance.now() - began) / 1000).toFixed(1) };
}
