/** Alarms reach people, say what to do, and point to a section of the runbook that is there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { METRICS } from '../../../lambda/metrics/metric-names.ts';
import { ALARMS, sectionUrl } from '../../../lib/watch/alarm-list.ts';
import { alarmsIn } from '../support/alarms.ts';
import { FULL, LEAN, WATCHED } from '../support/every-stage.ts';
import { templateOf, templatesOf } from '../support/templates.ts';

const runbook = readFileSync(
  join(import.meta.dirname, '..', '..', '..', 'docs', 'runbook.md'),
  'utf8',
);
const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);

const EVERYWHERE = [
  'ApiFaults',
  'ApiFaultShare',
  'ApiLatency',
  'ApiThrottles',
  'DeadLetters',
  'FunctionThrottles',
  'UpkeepThrottles',
  'SweepNotRun',
  'TableThrottles',
  'TokensRefused',
  'VerificationBacklog',
];
const WITH_CDN = ['KeyRotationFailed', 'KeyStepOverdue'];

describe('the alarms', () => {
  const { service: watched } = templatesOf(WATCHED);

  test('are all there where a stage has everything, in the region that measures the CDN', () => {
    expect([...alarmsIn(watched).keys()].sort()).toEqual(Object.keys(ALARMS).sort());
  });

  test('leave out what a stage can not measure: the CDN from another region, or without one', () => {
    expect([...alarmsIn(templatesOf(FULL).service).keys()].sort()).toEqual(
      [...EVERYWHERE, ...WITH_CDN, 'CertificateExpires', 'ReplicationFailed'].sort(),
    );
    expect([...alarmsIn(templatesOf(LEAN).service).keys()].sort()).toEqual([...EVERYWHERE].sort());
  });

  test('notify people when they begin and when they end', () => {
    for (const [id, { AlarmActions, OKActions }] of alarmsIn(watched)) {
      expect({ id, begin: AlarmActions.length, end: OKActions.length }).toEqual({
        id,
        begin: 1,
        end: 1,
      });
      expect(AlarmActions).toEqual(OKActions);
    }
  });

  test.each(Object.entries(ALARMS))(
    '%s says what to do, and points to its section of the runbook',
    (id, text) => {
      const { title, advice } = text;

      expect(headings).toContain(title);
      expect(advice).toMatch(/^[A-Z].+\.$/);
      const alarm = alarmsIn(watched).get(id);
      expect(alarm?.AlarmDescription).toBe(
        `${title}. ${advice} ${sectionUrl(title, 'docs/runbook.md')}`,
      );
    },
  );

  test('have no section of the runbook without an alarm', () => {
    expect(
      headings.filter((heading) => !Object.values(ALARMS).some(({ title }) => title === heading)),
    ).toEqual([]);
  });

  test('take silence of what must run for a bad sign, and of all else for a good one', () => {
    const silent = [...alarmsIn(watched)].filter(
      ([, alarm]) => alarm.TreatMissingData === 'breaching',
    );

    expect(silent.map(([id]) => id).sort()).toEqual(['KeyStepOverdue', 'SweepNotRun']);
  });

  test('watch every queue of dead letters', () => {
    const template = templatesOf(FULL).service;
    const queues = Object.keys(template.findResources('AWS::SQS::Queue')).filter((id) =>
      id.includes('DeadLetters'),
    );
    const seen = JSON.stringify(alarmsIn(template).get('DeadLetters'));

    expect(queues).toHaveLength(5);
    expect(queues.filter((id) => !seen.includes(id))).toEqual([]);
  });

  test('watch the throttles of every function that CloudWatch can sum', () => {
    const template = templatesOf(FULL).service;
    const alarms = alarmsIn(template);
    const seen = JSON.stringify([alarms.get('FunctionThrottles'), alarms.get('UpkeepThrottles')]);
    const functions = Object.keys(template.findResources('AWS::Lambda::Function'));

    // What runs at deploy time alone fails the deploy. Announcements wait in the stream for half a
    // day, and then have dead letters.
    expect(
      functions
        .filter((id) => !seen.includes(id))
        .map((id) => id.replace(/[0-9A-F]{8}$/, ''))
        .sort(),
    ).toEqual([
      expect.stringMatching(/^AWS679f53fac002430cb0da5b7982bd2287/),
      'AnnouncementsAnnounce',
      'ConsolePlace',
      'DownloadsKeysMaker',
      'WatchDeployedSinceAnswer',
    ]);
  });

  test('stay within the ten metrics that an alarm takes', () => {
    for (const { Metrics = [] } of alarmsIn(templatesOf(FULL).service).values()) {
      expect(Metrics.length).toBeLessThanOrEqual(11);
    }
  });

  test('may reach the topic, whose policy takes the place of the one that would let them', () => {
    watched.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
          }),
        ]),
      },
    });
  });

  test('are sent by mail where the stage names an address', () => {
    templatesOf(FULL).service.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
    templatesOf(LEAN).service.resourceCountIs('AWS::SNS::Subscription', 0);
  });
});

describe('a section of the runbook', () => {
  test('is found by the anchor that its heading gets', () => {
    expect(sectionUrl('The API answers 5xx', 'docs/runbook.md')).toBe(
      'docs/runbook.md#the-api-answers-5xx',
    );
  });
});

describe('the dashboard', () => {
  test('shows the business metrics of this deployment', () => {
    const [dashboard] = Object.values(templateOf().findResources('AWS::CloudWatch::Dashboard'));
    const body = JSON.stringify(dashboard);

    for (const name of [
      METRICS.uploads,
      METRICS.uploadedBytes,
      METRICS.rejections,
      METRICS.links,
    ]) {
      expect(body).toContain(name);
    }
    expect(body).toContain('Stowage-test');
  });

  test('belongs to metrics that the functions write', () => {
    const functions = Object.values(templateOf().findResources('AWS::Lambda::Function'));
    const writers = functions.filter(
      ({ Properties }) => Properties.Environment?.Variables.METRICS_SERVICE === 'Stowage-test',
    );

    expect(writers.length).toBeGreaterThanOrEqual(8);
  });
});
