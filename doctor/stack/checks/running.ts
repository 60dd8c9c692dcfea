/** Checks of the stack itself, and of what runs in it: alarms, dead letters, functions, logs. */
import { listOf, type StackCheck } from '../facts/check.ts';
import { on, type Topic } from '../facts/facts.ts';
import { ok, skipped, wrong } from '../facts/report.ts';

const STACK = 'The stack';
const WATCH = 'Alarms';
const RUNS = 'Functions and logs';
const DAY_MS = 86_400_000;
/** A new alarm has no data at first. */
const SILENT_DAYS = 2;
/** A new account has ten, which a few downloads at once use up. */
const FEW_EXECUTIONS = 100;
/** How long before the end of a runtime to warn. */
const RUNTIME_DAYS = 180;

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, as of November 2025. */
const RUNTIME_ENDS: Readonly<Record<string, string>> = {
  'nodejs14.x': '2023-12-04',
  'nodejs16.x': '2024-06-12',
  'nodejs18.x': '2025-09-01',
  'nodejs20.x': '2026-04-30',
  'nodejs22.x': '2027-04-30',
  'nodejs24.x': '2028-04-30',
};

export const STACK_CHECKS: readonly StackCheck[] = [
  {
    id: 'stack-status',
    group: STACK,
    check: 'its last deployment ended well',
    weight: 'fault',
    todo: 'aws cloudformation describe-stack-events names the resource that failed; after UPDATE_ROLLBACK_FAILED: continue-update-rollback',
    judge: ({ stack }) => {
      const { status, statusReason } = stack;
      const found = statusReason ? `${status}: ${statusReason}` : status;
      // A rollback that ended well leaves the release before, which is what runs.
      return /^(CREATE|UPDATE|IMPORT|UPDATE_ROLLBACK|IMPORT_ROLLBACK)_COMPLETE(_CLEANUP_IN_PROGRESS)?$/.test(
        status,
      )
        ? ok(found)
        : wrong(found, 'CREATE_COMPLETE or UPDATE_COMPLETE');
    },
  },
  {
    id: 'last-update',
    group: STACK,
    check: 'its last update was not rolled back',
    weight: 'advice',
    todo: 'the release before runs: read the events of the stack, mend the cause, deploy again',
    judge: ({ stack: { status } }) =>
      status.includes('ROLLBACK') ? wrong(status, 'UPDATE_COMPLETE') : ok(status),
  },
  {
    id: 'stack-drift',
    group: STACK,
    check: 'CloudFormation found no resource that was changed by hand',
    weight: 'fault',
    todo: 'aws cloudformation describe-stack-resource-drifts names the resources',
    judge: ({ stack: { name, drift } }) => {
      if (drift === 'DRIFTED') return wrong('DRIFTED', 'IN_SYNC');
      return drift === 'IN_SYNC'
        ? ok(drift)
        : skipped(`not detected yet: aws cloudformation detect-stack-drift --stack-name ${name}`);
    },
  },
];

export const WATCH_CHECKS: readonly StackCheck[] = [
  {
    id: 'alarm-listeners',
    group: WATCH,
    check: 'someone gets the alarms',
    weight: 'advice',
    todo: 'set alarmEmail of the stage, or subscribe to the topic (aws sns subscribe), and confirm the mail that arrives',
    judge: ({ alarms, topics }) =>
      on(alarms, ({ found: all }) => {
        if (all.length === 0) return skipped('the stack has no alarms');
        const mute = all.filter(
          ({ actionsEnabled, actions }) => !actionsEnabled || !actions.length,
        );
        if (mute.length > 0) {
          const names = mute.map(({ name }) => name).join(', ');
          return wrong(`without an action: ${names}`, 'alarms that publish to a topic');
        }
        return on(topics, (found) => {
          const deaf = found.filter(({ confirmed }) => confirmed === 0);
          const text = ({ arn, confirmed, pending }: Topic) =>
            `${arn}: ${confirmed} confirmed, ${pending} pending`;
          return deaf.length === 0
            ? ok(listOf(found.map(text), 'no topic: actions of another kind'))
            : wrong(deaf.map(text).join('; '), 'a subscription that is confirmed');
        });
      }),
  },
  {
    id: 'alarms-there',
    group: WATCH,
    check: 'no alarm was deleted',
    weight: 'fault',
    todo: 'deploy the stage once without the alarm and once with it, or make it again by hand',
    judge: ({ alarms }) =>
      on(alarms, ({ found, gone }) =>
        gone.length === 0 ? ok(`${found.length} alarms`) : wrong(listOf(gone), 'none is gone'),
      ),
  },
  {
    id: 'alarms-on',
    group: WATCH,
    check: 'no alarm is on',
    weight: 'fault',
    todo: 'docs/runbook.md has a section for each alarm',
    judge: ({ alarms }) =>
      on(alarms, ({ found: all }) => {
        const loud = all.filter(({ state }) => state === 'ALARM');
        return loud.length === 0
          ? ok(`${all.length} alarms`)
          : wrong(
              loud.map(({ name, since }) => `${name} since ${since.toISOString()}`).join(', '),
              'none in ALARM',
            );
      }),
  },
  {
    id: 'alarms-blind',
    group: WATCH,
    check: 'every alarm has data',
    weight: 'advice',
    todo: 'the alarm watches something that no longer exists, or that never ran: see its metric in CloudWatch',
    judge: ({ alarms, now }) =>
      on(alarms, ({ found: all }) => {
        const blind = all.filter(
          ({ state, since }) =>
            state === 'INSUFFICIENT_DATA' && now.getTime() - since.getTime() > SILENT_DAYS * DAY_MS,
        );
        return blind.length === 0
          ? ok(`${all.length} alarms`)
          : wrong(
              blind.map(({ name, since }) => `${name} since ${since.toISOString()}`).join(', '),
              `data within ${SILENT_DAYS} days`,
            );
      }),
  },
  {
    id: 'dead-letters',
    group: WATCH,
    check: 'no message was given up',
    weight: 'fault',
    todo: 'docs/runbook.md, Dead letters have arrived: they are kept for 14 days',
    judge: ({ deadLetters }) =>
      on(deadLetters, (queues) => {
        const full = queues.filter(({ messages }) => messages > 0);
        return full.length === 0
          ? ok(`${queues.length} queues, all empty`)
          : wrong(
              full.map(({ queue, messages }) => `${queue}: ${messages}`).join(', '),
              'empty queues of dead letters',
            );
      }),
  },
];

export const RUN_CHECKS: readonly StackCheck[] = [
  {
    id: 'runtimes',
    group: RUNS,
    check: 'AWS still supports the runtimes of the functions',
    weight: 'advice',
    todo: 'deploy a newer release of Stowage',
    judge: ({ functions, now }) =>
      on(functions, (all) => {
        const old = all.filter(({ runtime }) => {
          const end = RUNTIME_ENDS[runtime];
          return end !== undefined && Date.parse(end) - now.getTime() < RUNTIME_DAYS * DAY_MS;
        });
        const runtimes = [...new Set(all.map(({ runtime }) => runtime))].sort();
        return old.length === 0
          ? ok(`${all.length} functions: ${listOf(runtimes)}`)
          : wrong(
              old
                .map(({ name, runtime }) => `${name}: ${runtime} until ${RUNTIME_ENDS[runtime]}`)
                .join(', '),
              `${RUNTIME_DAYS} days left`,
            );
      }),
  },
  {
    id: 'concurrency',
    group: RUNS,
    check: 'the account lets enough functions run at once',
    weight: 'advice',
    todo: 'ask for more: Service Quotas, AWS Lambda, Concurrent executions; or reserve less (reservedConcurrency)',
    judge: ({ concurrency }) =>
      on(concurrency, ({ limit, unreserved }) => {
        const found = `${unreserved} of ${limit} are not reserved`;
        return unreserved < FEW_EXECUTIONS ? wrong(found, `${FEW_EXECUTIONS} or more`) : ok(found);
      }),
  },
  {
    id: 'log-retention',
    group: RUNS,
    check: 'logs are kept as long as the stage says',
    weight: 'advice',
    todo: 'aws logs put-retention-policy, or change logRetentionDays of the stage',
    judge: ({ logGroups, wanted }) =>
      on(logGroups, (groups) =>
        on(wanted, ({ logRetentionDays }) => {
          const days = (count: number | undefined) =>
            count === undefined ? 'kept forever' : `${count} days`;
          const others = groups.filter(
            ({ name, retentionDays }) => retentionDays !== logRetentionDays[name],
          );
          if (others.length === 0) return ok(`${groups.length} log groups`);
          return wrong(
            others.map(({ name, retentionDays }) => `${name}: ${days(retentionDays)}`).join(', '),
            listOf([...new Set(others.map(({ name }) => days(logRetentionDays[name])))]),
          );
        }),
      ),
  },
];
