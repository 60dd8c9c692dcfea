/** Nothing that runs by itself may be lost: every way to it has retries, and dead letters at its end. */
import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { FULL } from '../support/every-stage.ts';
import { templateOf, templatesOf } from '../support/templates.ts';

const { service: template } = templatesOf(FULL);

const functions = new Map(
  Object.entries(template.findResources('AWS::Lambda::Function')).map(([id, { Properties }]) => [
    id,
    Properties,
  ]),
);
const rules = Object.entries(template.findResources('AWS::Events::Rule')).map(
  ([id, { Properties }]) => ({
    id: id.replace(/[0-9A-F]{8}$/, ''),
    ...Properties,
  }),
);

describe('every rule', () => {
  test('there is one for arrivals, one for the sweep, one for the keys and one for deletes', () => {
    expect(rules.map(({ id }) => id).sort()).toEqual([
      'CarriedDeletes',
      'DownloadsRotationSchedule',
      'UpkeepArrivals',
      'UpkeepSweepSchedule',
    ]);
  });

  test('hands its events over to all targets with dead letters', () => {
    for (const { id, Targets } of rules) {
      for (const target of Targets)
        expect({ id, target }).toEqual({
          id,
          target: expect.objectContaining({ DeadLetterConfig: expect.anything() }),
        });
    }
  });

  test('leads to functions that are tried again, and whose failures end among dead letters', () => {
    const invoked = rules.flatMap(({ Targets }) =>
      Targets.map((target: { Arn: object }) => JSON.stringify(target.Arn)),
    );
    const configured = Object.values(template.findResources('AWS::Lambda::EventInvokeConfig'));

    for (const name of [...functions.keys()].filter((id) =>
      invoked.some((arn) => arn.includes(id)),
    )) {
      const own = configured.filter(({ Properties }) => Properties.FunctionName.Ref === name);
      expect(own.map(({ Properties }) => Properties)).toEqual([
        expect.objectContaining({
          MaximumRetryAttempts: 2,
          DestinationConfig: { OnFailure: expect.anything() },
        }),
      ]);
    }
  });
});

describe('every queue', () => {
  const queues = Object.entries(template.findResources('AWS::SQS::Queue'));
  const isForDeadLetters = (id: string) => id.includes('DeadLetters');

  test('that is worked off puts aside what fails five times', () => {
    const worked = queues.filter(([id]) => !isForDeadLetters(id));

    expect(worked).toHaveLength(2);
    for (const [, { Properties }] of worked) {
      expect(Properties.RedrivePolicy).toEqual({
        deadLetterTargetArn: expect.anything(),
        maxReceiveCount: 5,
      });
    }
  });

  test('of dead letters keeps them for the fourteen days that SQS allows', () => {
    for (const [, { Properties }] of queues.filter(([id]) => isForDeadLetters(id))) {
      expect(Properties.MessageRetentionPeriod).toBe(1_209_600);
    }
  });

  test('refuses what does not come over TLS', () => {
    const refusing = Object.values(template.findResources('AWS::SQS::QueuePolicy')).filter(
      ({ Properties }) =>
        JSON.stringify(Properties.PolicyDocument).includes('"aws:SecureTransport":"false"'),
    );

    expect(refusing).toHaveLength(queues.length);
  });
});

describe('an arrival', () => {
  test('is an object created below packages/ of the bucket, and of no other', () => {
    const [arrivals] = rules.filter(({ id }) => id === 'UpkeepArrivals');

    expect(arrivals).toMatchObject({
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: {
          bucket: { name: [{ Ref: expect.stringMatching(/^PackagesBucket/) }] },
          object: { key: [{ prefix: 'packages/' }] },
        },
      },
    });
  });
});

describe('verification', () => {
  test('holds a message for longer than an invocation may take', () => {
    const [[, verify] = []] = [...functions].filter(([id]) =>
      id.startsWith('UpkeepVerificationVerify'),
    );
    const [[, queue] = []] = Object.entries(template.findResources('AWS::SQS::Queue', {})).filter(
      ([id]) => id.startsWith('UpkeepVerificationQueue'),
    );

    expect(verify.Timeout).toBe(900);
    // Its network limits it: a third of a core hashes as much as arrives (docs/operations.md).
    expect(verify.MemorySize).toBe(1024);
    expect(queue?.['Properties'].VisibilityTimeout).toBeGreaterThan(verify.Timeout);
  });

  test('may send itself what remains as often as a file takes: Lambda stops any other function at the sixteenth time', () => {
    const looping = [...functions].filter(([, { RecursiveLoop }]) => RecursiveLoop !== undefined);

    expect(looping).toEqual([
      [
        expect.stringMatching(/^UpkeepVerificationVerify/),
        expect.objectContaining({ RecursiveLoop: 'Allow' }),
      ],
    ]);
  });

  test('takes one package an invocation, and says which failed', () => {
    templateOf().hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      EventSourceArn: Match.anyValue(),
    });
  });

  test.each([
    [{}, 5],
    [{ verificationConcurrency: 20 }, 20],
    [{ verificationConcurrency: 2 }, 2],
  ])(
    'leaves half of what a new account may run to the API: with %j, %i run at once',
    (input, atOnce) => {
      templateOf(input).hasResourceProperties('AWS::Lambda::EventSourceMapping', {
        ScalingConfig: { MaximumConcurrency: atOnce },
      });
    },
  );

  test.each([
    [4, 4],
    [2, 2],
    [50, 5],
  ])(
    'of which %i may run asks for no more than %i at once: who is refused waits long, and soon is a dead letter',
    (reserved, atOnce) => {
      templateOf({ reservedConcurrency: { verify: reserved } }).hasResourceProperties(
        'AWS::Lambda::EventSourceMapping',
        { ScalingConfig: { MaximumConcurrency: atOnce } },
      );
    },
  );
});
