/** What the account says about the stack: cold starts of its functions, and its alarms. */
import { expect, test } from '@jest/globals';
import { askJson, askQuery } from '../../support/deployed/aws-call.ts';
import { until, Visit } from '../service-contract/visit.ts';
import { openStack, remark, run, skipped, stack } from './run.ts';

/** At the same time: those that find no free environment start one. A new account has ten in all. */
const AT_ONCE = 5;
/** CloudWatch Logs shows a line after some seconds. */
const LOOKS_MS = 60_000;
/** Of the function's own start: with the request itself, a caller waits some more. */
const PATIENCE_MS = 5000;
/** In a report of an environment that was started for it, as text or as JSON. */
const INIT = /Init Duration: ([\d.]+) ms|"initDurationMs":\s*([\d.]+)/;

interface Burst {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** A request that each function of the API answers without anything being there. */
const BURSTS: Readonly<Record<string, Burst>> = {
  Download: { method: 'GET', path: '/packages/1.0/nothing.bin', status: 404 },
  CatalogReader: { method: 'GET', path: '/healthz', status: 200 },
  Publish: { method: 'GET', path: '/v1/versions/1.0/packages/nothing/upload', status: 404 },
  Release: { method: 'GET', path: '/v1/channels?limit=1', status: 200 },
  Exchange: { method: 'GET', path: '/v1/trust/audience', status: 200 },
  Admin: { method: 'GET', path: '/v1/tokens?limit=1', status: 200 },
};

export function describeWatch(): void {
  test.each(Object.entries(BURSTS))(
    'requests at the same time start %s cold, and none fails',
    async (_name, { method, path, status }) => {
      const here = new Visit(await openStack());

      const timed = await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          const began = performance.now();
          const answer = await here.asking(path, {}, method);
          return { status: answer.status, ms: performance.now() - began };
        }),
      );

      const slowest = Math.max(...timed.map(({ ms }) => ms));
      remark(`slowest of ${AT_ONCE} answers ${slowest.toFixed(0)} ms`);
      expect(timed.map((one) => one.status)).toEqual(timed.map(() => status));
    },
  );

  test('cold starts are reported, and none takes longer than a caller waits', async () => {
    const functions = [...Object.keys(BURSTS), 'UpkeepSweep'];
    // An emulator has written every line by now.
    const end = Date.now() + (process.env['AWS_ENDPOINT_URL'] ? 0 : LOOKS_MS);
    const found = await until(
      () => Promise.all(functions.map(async (name) => [name, await initTimes(name)] as const)),
      (times) => times.some(([, inits]) => inits.length > 0) || Date.now() >= end,
    );
    const reported = found.filter(([, inits]) => inits.length > 0);
    if (reported.length === 0) return skipped('the functions log no reports of their starts');

    remark(reported.map(([name, inits]) => `${name} ${median(inits)} ms`).join(', '));
    const slow = reported.filter(([, inits]) => Math.max(...inits) > PATIENCE_MS);
    expect(slow).toEqual([]);
  });

  test('no alarm of the stack is on', async () => {
    const names = stack.ofType('AWS::CloudWatch::Alarm').map(({ physicalId }) => physicalId);
    if (names.length === 0) return skipped('the stack has no alarms');

    const members = names.map((name, at) => [`AlarmNames.member.${at + 1}`, name] as const);
    const answer = await askQuery(stack.account, 'monitoring', {
      Action: 'DescribeAlarms',
      Version: '2010-08-01',
      StateValue: 'ALARM',
      ...Object.fromEntries(members),
    });
    const on = [...answer.matchAll(/<AlarmName>([^<]+)<\/AlarmName>/g)].map(([, name]) => name);

    remark(`${names.length} alarms; metrics lag by some minutes`);
    expect(on).toEqual([]);
  });
}

interface Events {
  readonly events: readonly { readonly message: string }[];
  readonly nextToken?: string;
}

/** Of the function since the run began, in milliseconds: from `REPORT` lines, in text or in JSON. */
async function initTimes(name: string): Promise<readonly number[]> {
  const { LogGroup, SystemLogLevel } = await stack.function(name).logging();
  // Reports are of the level INFO.
  if (SystemLogLevel === 'WARN') return [];
  return (await reportsIn(LogGroup)).flatMap((message) => {
    const [, text, json] = INIT.exec(message) ?? [];
    return text === undefined && json === undefined ? [] : [Number(text ?? json)];
  });
}

/** A page may be empty and still have a next one. */
async function reportsIn(logGroupName: string): Promise<readonly string[]> {
  const found: string[] = [];
  let nextToken: string | undefined;
  do {
    const page: Events = await askJson(stack.account, 'logs', 'Logs_20140328.FilterLogEvents', {
      logGroupName,
      startTime: Date.parse(run.startedAt),
      filterPattern: '?REPORT ?report',
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    found.push(...page.events.map(({ message }) => message));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

function median(values: readonly number[]): string {
  return ([...values].sort((one, other) => one - other)[values.length >> 1] ?? 0).toFixed(0);
}
