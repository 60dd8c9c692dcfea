/** Asks for what runs in the stack: alarms and topics, dead letters, functions, logs, certificates. */
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { type AwsOptions, clientOptions } from '../../../storage/aws/client-options.ts';
import type {
  Alarm,
  Alarms,
  Certificate,
  Concurrency,
  DeadLetters,
  Fact,
  FunctionFacts,
  LogGroup,
  StackResource,
  Topic,
} from '../facts/facts.ts';
import { ask, askAll } from './ask.ts';
import {
  askJson,
  askLambda,
  CERTIFICATE_MANAGER,
  CLOUDWATCH,
  CLOUDWATCH_LOGS,
  topicAttributes,
} from './requests.ts';

/** The most that CloudWatch describes at once. */
const ALARMS_AT_ONCE = 100;

/** AWS gives seconds since 1970, other servers text. */
const TIME = z.union([
  z.number().transform((seconds) => new Date(seconds * 1000)),
  z.string().transform((text) => new Date(text)),
]);
const ALARMS = z.object({
  MetricAlarms: z.array(
    z.object({
      AlarmName: z.string(),
      StateValue: z.string(),
      StateUpdatedTimestamp: TIME,
      StateTransitionedTimestamp: TIME.nullish(),
      ActionsEnabled: z.boolean().default(true),
      AlarmActions: z.array(z.string()).default([]),
    }),
  ),
});
const CERTIFICATE = z.object({
  Certificate: z.object({
    DomainName: z.string(),
    Status: z.string(),
    NotAfter: TIME.nullish(),
    RenewalEligibility: z.string().default('unknown'),
    RenewalSummary: z.object({ RenewalStatus: z.string() }).nullish(),
  }),
});
const ACCOUNT = z.object({
  AccountLimit: z.object({
    ConcurrentExecutions: z.number(),
    UnreservedConcurrentExecutions: z.number(),
  }),
});
const FUNCTION = z.object({ FunctionName: z.string(), Runtime: z.string().default('an image') });
const LOG_GROUPS = z.object({
  logGroups: z.array(z.object({ logGroupName: z.string(), retentionInDays: z.number().nullish() })),
});

export function gatherAlarms(
  names: readonly string[],
  options: AwsOptions,
  signal: AbortSignal,
): Promise<Fact<Alarms>> {
  return ask('cloudwatch:DescribeAlarms', signal, async () => {
    const found: Alarm[] = [];
    for (let from = 0; from < names.length; from += ALARMS_AT_ONCE) {
      const AlarmNames = names.slice(from, from + ALARMS_AT_ONCE);
      const input = { AlarmNames, MaxRecords: ALARMS_AT_ONCE };
      const answer = ALARMS.parse(await askJson(CLOUDWATCH, 'DescribeAlarms', input, options));
      found.push(
        ...answer.MetricAlarms.map((alarm) => ({
          name: alarm.AlarmName,
          state: alarm.StateValue,
          since: alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp,
          actionsEnabled: alarm.ActionsEnabled,
          actions: alarm.AlarmActions,
        })),
      );
    }
    const gone = names.filter((name) => !found.some((alarm) => alarm.name === name));
    return { found, gone };
  });
}

/** The topics that alarms publish to, whether or not they belong to the stack. */
export async function gatherTopics(
  alarms: Fact<Alarms>,
  options: AwsOptions,
  signal: AbortSignal,
): Promise<Fact<readonly Topic[]>> {
  if ('unknown' in alarms) return alarms;
  const actions = new Set(alarms.value.found.flatMap((alarm) => alarm.actions));
  const arns = [...actions].filter((arn) => /^arn:[^:]+:sns:/.test(arn));
  return askAll(arns, (arn) =>
    ask('sns:GetTopicAttributes', signal, async () => {
      const attributes = await topicAttributes(arn, options);
      const number = (name: string) => Number(attributes[name] ?? 0);
      return {
        arn,
        confirmed: number('SubscriptionsConfirmed'),
        pending: number('SubscriptionsPending'),
      };
    }),
  );
}

/** @param queues those that keep what was given up */
export async function gatherDeadLetters(
  queues: readonly StackResource[],
  options: AwsOptions,
  signal: AbortSignal,
): Promise<Fact<readonly DeadLetters[]>> {
  const client = new SQSClient(clientOptions(options));
  try {
    return await askAll(queues, ({ logicalId, physicalId: QueueUrl }) =>
      ask('sqs:GetQueueAttributes', signal, async () => {
        const { Attributes = {} } = await client.send(
          new GetQueueAttributesCommand({
            QueueUrl,
            AttributeNames: ['ApproximateNumberOfMessages'],
          }),
        );
        const { ApproximateNumberOfMessages: messages = 0 } = Attributes;
        return { queue: QueueUrl.split('/').at(-1) ?? logicalId, messages: Number(messages) };
      }),
    );
  } finally {
    client.destroy();
  }
}

export function gatherFunctions(
  names: readonly string[],
  options: AwsOptions,
  signal: AbortSignal,
): Promise<Fact<readonly FunctionFacts[]>> {
  return askAll(names, (name) =>
    ask('lambda:GetFunctionConfiguration', signal, async () => {
      const path = `/2015-03-31/functions/${encodeURIComponent(name)}/configuration`;
      const { FunctionName, Runtime } = FUNCTION.parse(await askLambda(path, options));
      return { name: FunctionName, runtime: Runtime };
    }),
  );
}

export function gatherConcurrency(
  options: AwsOptions,
  signal: AbortSignal,
): Promise<Fact<Concurrency>> {
  return ask('lambda:GetAccountSettings', signal, async () => {
    const { AccountLimit } = ACCOUNT.parse(
      await askLambda('/2016-08-19/account-settings/', options),
    );
    return {
      limit: AccountLimit.ConcurrentExecutions,
      unreserved: AccountLimit.UnreservedConcurrentExecutions,
    };
  });
}

export function gatherLogGroups(
  names: readonly string[],
  options: AwsOptions,
  signal: AbortSignal,
): Promise<Fact<readonly LogGroup[]>> {
  return askAll(names, (name) =>
    ask('logs:DescribeLogGroups', signal, async () => {
      const input = { logGroupNamePrefix: name };
      const answer = await askJson(CLOUDWATCH_LOGS, 'DescribeLogGroups', input, options);
      const found = LOG_GROUPS.parse(answer).logGroups.find((one) => one.logGroupName === name);
      if (found === undefined) throw new Error(`there is no log group ${name}`);
      return { name, retentionDays: found.retentionInDays ?? undefined };
    }),
  );
}

/** @param named ARNs of certificates, by the domain that they are for */
export function gatherCertificates(
  named: readonly (readonly [domain: string, arn: string])[],
  options: AwsOptions,
  signal: AbortSignal,
): Promise<Fact<readonly Certificate[]>> {
  return askAll(named, ([domain, arn]) =>
    ask('acm:DescribeCertificate', signal, async () => {
      const [, , , region = ''] = arn.split(':');
      const input = { CertificateArn: arn };
      const answer = CERTIFICATE.parse(
        await askJson(CERTIFICATE_MANAGER, 'DescribeCertificate', input, { ...options, region }),
      );
      const { Status, NotAfter, RenewalEligibility, RenewalSummary } = answer.Certificate;
      return {
        domain,
        arn,
        status: Status,
        expiresAt: NotAfter ?? undefined,
        renewal: RenewalSummary?.RenewalStatus ?? RenewalEligibility,
      };
    }),
  );
}
