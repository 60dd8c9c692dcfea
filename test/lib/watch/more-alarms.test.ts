/** Alarms of what fails without a failed function: refusals, a share of failures, copies, certificates. */
import { describe, expect, test } from '@jest/globals';
import { alarmsIn, goesOff } from '../support/alarms.ts';
import { FULL, WATCHED } from '../support/every-stage.ts';
import { templatesOf } from '../support/templates.ts';

const { service } = templatesOf(WATCHED);
const alarms = alarmsIn(service);

function metricsOf(name: string, among = alarms) {
  return (among.get(name)?.Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
}

describe('a share of the answers that fails', () => {
  const alarm = alarms.get('ApiFaultShare');

  test('is noticed at little traffic, where few failures are many', () => {
    expect(goesOff(alarm, { faults: 3, requests: 3 })).toBe(true);
    expect(goesOff(alarm, { faults: 2, requests: 15 })).toBe(true);
    expect(goesOff(alarm, { faults: 2, requests: 1000 })).toBe(false);
  });

  test('is no alarm where one request failed, or none came', () => {
    expect(goesOff(alarm, { faults: 1, requests: 1 })).toBe(false);
    expect(goesOff(alarm, { requests: 7 })).toBe(false);
    expect(goesOff(alarm, {})).toBe(false);
  });
});

describe('requests that are throttled', () => {
  test('are counted in the access log, for this deployment alone, since API Gateway counts them with all 4xx', () => {
    const [filter] = Object.values(service.findResources('AWS::Logs::MetricFilter')).map(
      ({ Properties }) => Properties,
    );

    expect(filter).toMatchObject({
      FilterPattern: '{ $.status = "429" }',
      LogGroupName: { Ref: expect.stringMatching(/^ApiAccessLog/) },
      MetricTransformations: [
        { MetricNamespace: 'Stowage/Stowage-watched', MetricName: 'Throttled', MetricValue: '1' },
      ],
    });
    expect(alarms.get('ApiThrottles')).toMatchObject({
      Namespace: 'Stowage/Stowage-watched',
      MetricName: 'Throttled',
    });
    expect(goesOff(alarms.get('ApiThrottles'), { value: 1000 })).toBe(true);
    expect(goesOff(alarms.get('ApiThrottles'), { value: 3 })).toBe(false);
    expect(goesOff(alarms.get('ApiThrottles'), {})).toBe(false);
  });
});

describe('copies to the replica that fail', () => {
  test('are measured by the rule that copies, and each is noticed', () => {
    const [[id, rule] = []] = Object.entries(service.findResources('AWS::S3::Bucket')).flatMap(
      ([name, { Properties }]) =>
        Properties.ReplicationConfiguration?.Rules.map((one: object) => [name, one]) ?? [],
    );

    expect(rule.Destination.Metrics).toEqual({ Status: 'Enabled' });
    const alarm = alarms.get('ReplicationFailed');
    expect(alarm).toMatchObject({
      Namespace: 'AWS/S3',
      MetricName: 'OperationsFailedReplication',
      Dimensions: expect.arrayContaining([
        { Name: 'SourceBucket', Value: { Ref: id } },
        { Name: 'DestinationBucket', Value: expect.stringMatching(/^stowage-watched-replica/) },
        { Name: 'RuleId', Value: rule.Id },
      ]),
    });
    expect(goesOff(alarm, { value: 1 })).toBe(true);
    expect(goesOff(alarm, {})).toBe(false);
  });
});

describe('certificates that are not renewed', () => {
  test('are noticed weeks before they expire, whichever it is', () => {
    const alarm = alarms.get('CertificateExpires');

    expect(metricsOf('CertificateExpires').map(({ Dimensions }) => Dimensions)).toEqual([
      [{ Name: 'CertificateArn', Value: WATCHED.input.apiCertificateArn }],
      [{ Name: 'CertificateArn', Value: WATCHED.input.cdnCertificateArn }],
    ]);
    expect(goesOff(alarm, { m0: 29, m1: 300 })).toBe(true);
    expect(goesOff(alarm, { m0: 300, m1: 29 })).toBe(true);
    expect(goesOff(alarm, { m0: 59, m1: 60 })).toBe(false);
  });

  test('stay noticed when they have expired: their metric ends', () => {
    expect(alarms.get('CertificateExpires')?.TreatMissingData).toBe('ignore');
  });

  test('are only seen in the region of the stage', () => {
    const inFrankfurt = alarmsIn(templatesOf(FULL).service);

    expect(
      metricsOf('CertificateExpires', inFrankfurt).map(({ Dimensions }) => Dimensions),
    ).toEqual([[{ Name: 'CertificateArn', Value: FULL.input.apiCertificateArn }]]);
  });
});
