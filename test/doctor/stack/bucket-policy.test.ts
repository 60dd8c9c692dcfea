/** Drift of the policy of the bucket: what refuses less than it must is found, however it is written. */
import { describe, expect, test } from '@jest/globals';
import { known, type StackFacts, type Statement } from '../../../doctor/stack/facts/facts.ts';
import { BUCKET, findingOf, HEALTHY, POLICY } from './healthy-stack.ts';

const [TLS = {}, OVERWRITING = {}, YANKED = {}] = POLICY;

function verdicts(policy: readonly Statement[] | undefined) {
  const change = { bucket: { ...HEALTHY.bucket, policy: known(policy) } };
  const ids = ['refuses-plain-http', 'refuses-overwriting', 'refuses-yanked', 'policy-drift'];
  return ids.filter((id) => findingOf(id, change).verdict === 'wrong');
}

describe('the policy of the bucket', () => {
  test('is fine as it was deployed', () => {
    expect(verdicts(POLICY)).toEqual([]);
  });

  test('is fine as S3 gives it back: other order, lists of one, texts for lists', () => {
    const rewritten = POLICY.toReversed().map((statement) => ({
      ...Object.fromEntries(Object.entries(statement).toReversed()),
      Action: [statement['Action']].flat().toReversed(),
    }));

    expect(verdicts(rewritten)).toEqual([]);
  });

  test('refuses nothing where there is none', () => {
    expect(verdicts(undefined)).toEqual([
      'refuses-plain-http',
      'refuses-overwriting',
      'refuses-yanked',
      'policy-drift',
    ]);
  });

  const overwriting = (change: Statement): readonly Statement[] => [
    TLS,
    { ...OVERWRITING, ...change },
    YANKED,
  ];

  test.each([
    ['is an allowance', { Effect: 'Allow' }],
    ['is for one account', { Principal: { AWS: 'arn:aws:iam::123456789012:root' } }],
    ['is for another prefix', { Resource: 'arn:aws:s3:::releases/canary/*' }],
    ['is for other actions', { Action: 's3:PutObjectAcl' }],
    [
      'has one condition more',
      {
        Condition: {
          ...(OVERWRITING['Condition'] as object),
          IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
        },
      },
    ],
    [
      'spares a role',
      {
        Condition: {
          ...(OVERWRITING['Condition'] as object),
          ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/Admin' },
        },
      },
    ],
  ])('does not refuse overwriting if the statement %s', (_case, change) => {
    expect(verdicts(overwriting(change))).toEqual(['refuses-overwriting', 'policy-drift']);
  });

  test('refuses overwriting also by a statement about the whole bucket', () => {
    expect(verdicts(overwriting({ Resource: 'arn:aws:s3:::releases/*' }))).toEqual([
      'policy-drift',
    ]);
  });

  test('a refusal of plain HTTP for packages alone is too little', () => {
    const less = { ...TLS, Resource: 'arn:aws:s3:::releases/packages/*' };

    expect(verdicts([less, OVERWRITING, YANKED])).toEqual(['refuses-plain-http', 'policy-drift']);
  });

  test('a role that may read what was yanked, and is not in the template, is found', () => {
    const Condition = {
      ...(YANKED['Condition'] as object),
      ArnNotEquals: { 'aws:PrincipalArn': ['arn:aws:iam::123456789012:role/Someone'] },
    };

    expect(verdicts([TLS, OVERWRITING, { ...YANKED, Condition }])).toEqual(['policy-drift']);
  });

  test('a statement that somebody added is named', () => {
    const added = { Sid: 'Partner', Effect: 'Allow', Principal: '*', Action: 's3:GetObject' };
    const change = { bucket: { ...HEALTHY.bucket, policy: known([...POLICY, added]) } };

    expect(findingOf('policy-drift', change)).toMatchObject({
      verdict: 'wrong',
      found: 'not in the template: Partner',
    });
  });

  test('a template that could not be resolved is not compared', () => {
    if ('unknown' in HEALTHY.wanted) throw new Error('the healthy stack has a template');
    const policy = { ...BUCKET.policy, isWhole: false };
    const change: Partial<StackFacts> = {
      wanted: known({ ...HEALTHY.wanted.value, bucket: { ...BUCKET, policy } }),
    };

    expect(findingOf('policy-drift', change).verdict).toBe('not checked');
  });
});
