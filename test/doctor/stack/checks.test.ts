/** The checks of a deployed stack: each finds what is wrong, names what was expected, and passes nothing that it does not know. */
import { describe, expect, test } from '@jest/globals';
import { ALL_CHECKS } from '../../../doctor/stack/all-checks.ts';
import { judgeStack } from '../../../doctor/stack/facts/check.ts';
import { known, type StackFacts, type Wanted } from '../../../doctor/stack/facts/facts.ts';
import { stackReportOf } from '../../../doctor/stack/facts/report.ts';
import { BUCKET, CDN, daysFromNow, findingOf, HEALTHY, NOW, TOPIC } from './healthy-stack.ts';

const DENIED = { unknown: 'needs some:Right' };

const bucket = (change: Partial<StackFacts['bucket']>) => ({
  bucket: { ...HEALTHY.bucket, ...change },
});
const table = (change: Partial<StackFacts['table']>) => ({
  table: { ...HEALTHY.table, ...change },
});
const cdn = (change: Partial<typeof CDN>) => ({ cdn: { ...CDN, ...change } });
const stack = (change: Partial<StackFacts['stack']>) => ({
  stack: { ...HEALTHY.stack, ...change },
});
const keyring = 'value' in CDN.keyring ? CDN.keyring.value : undefined;
const withKeyring = (change: Partial<NonNullable<typeof keyring>>) => {
  if (keyring === undefined) throw new Error('the healthy stack has a keyring');
  return cdn({ keyring: known({ ...keyring, ...change }) });
};
const wanted = (change: Partial<Wanted>) => {
  if ('unknown' in HEALTHY.wanted) throw new Error('the healthy stack has a template');
  return { wanted: known({ ...HEALTHY.wanted.value, ...change }) };
};
const certificate = (status: string, days: number) => ({
  certificates: known([
    { domain: 'x.example', arn: 'arn', status, expiresAt: daysFromNow(days), renewal: 'FAILED' },
  ]),
});
const alarm = (state: string, days: number, actions: readonly string[] = [TOPIC]) => ({
  alarms: known({
    found: [{ name: 'Sweep', state, since: daysFromNow(-days), actionsEnabled: true, actions }],
    gone: [],
  }),
});
const domain = (leadsTo: StackFacts['domains'][number]['leadsTo']) => ({
  domains: [{ name: 'x.example', target: 'd1.cloudfront.net', leadsTo }],
});

test('a stack in which nothing is wrong is healthy, and every check could be made', () => {
  const report = stackReportOf('x', 'eu-central-1', judgeStack(ALL_CHECKS, HEALTHY));

  expect(report.findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect([report.healthy, report.complete]).toEqual([true, true]);
});

test('every check has an id of its own, and says what to do', () => {
  expect(new Set(ALL_CHECKS.map(({ id }) => id)).size).toBe(ALL_CHECKS.length);
  expect(ALL_CHECKS.filter(({ todo }) => todo === '')).toEqual([]);
});

const WRONG: readonly (readonly [string, string, Partial<StackFacts>, RegExp])[] = [
  [
    'public-access',
    'one block is off',
    bucket({ publicAccessBlocks: known(['BlockPublicAcls']) }),
    /^BlockPublicAcls$/,
  ],
  ['public-access', 'all blocks are off', bucket({ publicAccessBlocks: known([]) }), /^none$/],
  [
    'versioning',
    'versions are suspended',
    bucket({ versioning: known('Suspended') }),
    /^Suspended$/,
  ],
  ['lifecycle', 'there is no rule', bucket({ lifecycle: known([]) }), /^no rule$/],
  [
    'lifecycle',
    'old versions go earlier than the stage says',
    bucket({
      lifecycle: known([
        { id: 'a', enabled: true, abortUploadsDays: 8 },
        { id: 'b', enabled: true, oldVersionDays: 1 },
      ]),
    }),
    /old versions go after 1 days/,
  ],
  [
    'lifecycle',
    'a rule is disabled',
    bucket({ lifecycle: known(BUCKET.lifecycle.map((rule) => ({ ...rule, enabled: false }))) }),
    /^no rule$/,
  ],
  [
    'lifecycle',
    'a rule was added that removes packages',
    bucket({
      lifecycle: known([
        ...BUCKET.lifecycle,
        { id: 'tidy', enabled: true, touchesCurrent: 'removes current objects (90)' },
      ]),
    }),
    /^rule tidy removes current objects/,
  ],
  [
    'cors',
    'every origin may call',
    bucket({ cors: known([{ origins: ['*'], methods: ['GET'], exposed: [] }]) }),
    /^GET from \* exposing nothing$/,
  ],
  ['cors', 'the rule is gone', bucket({ cors: known([]) }), /^no origin$/],
  [
    'cors',
    'the stage has no origin, the bucket has',
    wanted({ bucket: { ...BUCKET, cors: [] } }),
    /a\.example/,
  ],
  [
    'encryption',
    'a key was set that no function may use',
    bucket({ encryption: known({ algorithm: 'aws:kms', bucketKey: true }) }),
    /^aws:kms with a bucket key$/,
  ],
  ['encryption', 'there is none', bucket({ encryption: known(undefined) }), /^no encryption$/],
  ['replication', 'the rule is gone', bucket({ replication: known([]) }), /^no replication rule$/],
  [
    'replication',
    'the rule is disabled',
    bucket({
      replication: known([
        { enabled: false, destination: 'copies', destinationVersioning: known('Enabled') },
      ]),
    }),
    /disabled/,
  ],
  [
    'replication',
    'the replica keeps no versions',
    bucket({
      replication: known([
        { enabled: true, destination: 'copies', destinationVersioning: known('Suspended') },
      ]),
    }),
    /versioning of copies: Suspended/,
  ],
  [
    'table-keys',
    'an index is gone',
    table({ faults: known(['it has no index unfinished']) }),
    /no index unfinished/,
  ],
  [
    'point-in-time-recovery',
    'it is off',
    table({ pointInTimeRecovery: known('DISABLED') }),
    /^DISABLED$/,
  ],
  [
    'deletion-protection',
    'it is off',
    table({ deletionProtection: known(false) }),
    /^not protected$/,
  ],
  ['expiry', 'it is off', table({ expiryAttribute: known(undefined) }), /^not enabled$/],
  ['expiry', 'it is by another attribute', table({ expiryAttribute: known('ttl') }), /^ttl$/],
  [
    'cdn-trust',
    'another group is trusted',
    cdn({ trustedKeyGroups: known(['group', 'theirs']) }),
    /group, theirs/,
  ],
  ['cdn-trust', 'no group is trusted', cdn({ trustedKeyGroups: known([]) }), /^none$/],
  ['cdn-trust', 'the distribution is disabled', cdn({ enabled: known(false) }), /disabled/],
  ['cdn-signing-key', 'no key signs', withKeyring({ keys: [] }), /^no key signs$/],
  [
    'cdn-signing-key',
    'the group does not trust the key',
    cdn({ groupKeyIds: known(['K2']) }),
    /^K1 signs, the group trusts K2$/,
  ],
  [
    'cdn-signing-key',
    'the key is damaged',
    withKeyring({
      keys: [{ name: 'one', keyId: 'K1', state: 'signing', isInGroup: true, isReadable: false }],
    }),
    /damaged/,
  ],
  [
    'cdn-strangers',
    'a key of someone else is trusted',
    cdn({ groupKeyIds: known(['K1', 'K2', 'K9']) }),
    /K9/,
  ],
  [
    'cdn-key-step',
    'a step was due hours ago',
    withKeyring({ next: { kind: 'leave', dueAt: daysFromNow(-1).toISOString() } }),
    /^leave is due 2026-11-27/,
  ],
  ['cdn-key-step', 'an entry cannot be read', withKeyring({ unreadable: 1 }), /^1 entries/],
  [
    'cdn-key-quota',
    'no public key can be added',
    cdn({ publicKeys: known(10) }),
    /^10 of 10 public keys/,
  ],
  ['certificates', 'it expires soon', certificate('ISSUED', 12), /12 days left, renewal FAILED/],
  ['certificates', 'it has expired', certificate('EXPIRED', -1), /EXPIRED/],
  [
    'certificates',
    'it was never validated',
    certificate('PENDING_VALIDATION', 300),
    /PENDING_VALIDATION/,
  ],
  [
    'domains',
    'the domain is unknown',
    domain({ kind: 'nothing' }),
    /^x\.example leads to nothing$/,
  ],
  [
    'domains',
    'the domain leads elsewhere',
    domain({ kind: 'elsewhere', to: 'd2.cloudfront.net' }),
    /leads to d2/,
  ],
  [
    'alarm-listeners',
    'a subscription was never confirmed',
    { topics: known([{ arn: TOPIC, confirmed: 0, pending: 1 }]) },
    /0 confirmed, 1 pending/,
  ],
  ['alarm-listeners', 'an alarm has no action', alarm('OK', 1, []), /^without an action: Sweep$/],
  ['alarms-there', 'one was deleted', { alarms: known({ found: [], gone: ['Sweep'] }) }, /^Sweep$/],
  ['alarms-on', 'one is on', alarm('ALARM', 3), /^Sweep since 2026-11-25/],
  ['alarms-blind', 'one has no data', alarm('INSUFFICIENT_DATA', 3), /^Sweep since/],
  [
    'dead-letters',
    'a message was given up',
    { deadLetters: known([{ queue: 'Verify', messages: 2 }]) },
    /^Verify: 2$/,
  ],
  [
    'runtimes',
    'one has ended',
    { functions: known([{ name: 'Old', runtime: 'nodejs20.x' }]) },
    /^Old: nodejs20\.x until 2026-04-30$/,
  ],
  [
    'runtimes',
    'one ends soon',
    { functions: known([{ name: 'Old', runtime: 'nodejs22.x' }]) },
    /nodejs22/,
  ],
  [
    'concurrency',
    'the account is new',
    { concurrency: known({ limit: 10, unreserved: 10 }) },
    /^10 of 10/,
  ],
  [
    'concurrency',
    'too much is reserved',
    { concurrency: known({ limit: 1000, unreserved: 20 }) },
    /^20 of 1000/,
  ],
  [
    'log-retention',
    'logs are kept forever',
    { logGroups: known([{ name: 'Publish-Logs', retentionDays: undefined }]) },
    /kept forever/,
  ],
  [
    'stack-status',
    'a rollback failed',
    stack({ status: 'UPDATE_ROLLBACK_FAILED' }),
    /UPDATE_ROLLBACK_FAILED/,
  ],
  [
    'stack-status',
    'a delete failed',
    stack({ status: 'DELETE_FAILED', statusReason: 'in use' }),
    /^DELETE_FAILED: in use$/,
  ],
  ['last-update', 'it was rolled back', stack({ status: 'UPDATE_ROLLBACK_COMPLETE' }), /ROLLBACK/],
  ['stack-drift', 'CloudFormation saw a change', stack({ drift: 'DRIFTED' }), /^DRIFTED$/],
];

describe('a check finds', () => {
  test.each(WRONG)('%s: %s', (id, _case, change, found) => {
    const finding = findingOf(id, change);

    expect(finding).toMatchObject({
      verdict: 'wrong',
      found: expect.stringMatching(found),
      expected: expect.any(String),
    });
  });

  test('something for every id', () => {
    const policies = ALL_CHECKS.filter(({ group }) => group === "The bucket's policy");
    const tried = new Set([...WRONG.map(([id]) => id), ...policies.map(({ id }) => id)]);

    expect(ALL_CHECKS.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual([]);
  });
});

describe('a fact that is unknown', () => {
  const unknown = <Group extends object>(group: Group): Group =>
    Object.fromEntries(
      Object.entries(group).map(([name, fact]) => [
        name,
        typeof fact === 'object' && ('value' in fact || 'unknown' in fact) ? DENIED : fact,
      ]),
    ) as Group;
  const blind: StackFacts = {
    ...unknown(HEALTHY),
    bucket: unknown(HEALTHY.bucket),
    table: unknown(HEALTHY.table),
    cdn: unknown(CDN),
  };

  test('is never a pass: the check says which right it needs', () => {
    const findings = judgeStack(ALL_CHECKS, blind);
    const report = stackReportOf('x', 'eu-central-1', findings);

    const ofStack = ['stack-status', 'last-update', 'stack-drift', 'domains'];
    for (const finding of findings.filter(({ id }) => !ofStack.includes(id))) {
      expect(finding).toMatchObject({ verdict: 'not checked', found: 'needs some:Right' });
    }
    expect([report.healthy, report.complete]).toEqual([true, false]);
  });
});

describe('a check is skipped, and says why', () => {
  const SKIPPED: readonly (readonly [string, string, Partial<StackFacts>])[] = [
    ['cdn-trust', 'without a CDN', { cdn: undefined }],
    ['cdn-key-step', 'without a CDN', { cdn: undefined }],
    ['certificates', 'without a custom domain', { certificates: known([]) }],
    ['domains', 'without a custom domain', { domains: [] }],
    ['domains', 'where no name can be looked up', domain({ kind: 'offline' })],
    ['stack-drift', 'before CloudFormation looked', stack({ drift: 'NOT_CHECKED' })],
    [
      'replication',
      'without a replica',
      {
        ...bucket({ replication: known([]) }),
        ...wanted({ bucket: { ...BUCKET, replicates: false } }),
      },
    ],
    ['cors', 'of a bucket that the stack did not make', wanted({ bucket: undefined })],
    ['policy-drift', 'of a bucket that the stack did not make', wanted({ bucket: undefined })],
    [
      'deletion-protection',
      'of a table that the stack did not make',
      wanted({ deletionProtection: undefined }),
    ],
  ];

  test.each(SKIPPED)('%s %s', (id, _case, change) => {
    expect(findingOf(id, change)).toMatchObject({
      verdict: 'skipped',
      found: expect.stringMatching(/./),
    });
  });

  test('when the operator leaves it out', () => {
    const finding = judgeStack(ALL_CHECKS, HEALTHY, ['cors']).find(({ id }) => id === 'cors');

    expect(finding).toMatchObject({ verdict: 'skipped', found: 'left out with --skip' });
  });
});

describe('a check passes', () => {
  test('a deployment that ended well, also where its reason is empty', () => {
    const done = stack({ status: 'CREATE_COMPLETE', statusReason: '' });

    expect(findingOf('stack-status', done)).toMatchObject({
      verdict: 'ok',
      found: 'CREATE_COMPLETE',
    });
  });

  test('an alias record whose addresses differ is neither right nor wrong', () => {
    expect(findingOf('domains', domain({ kind: 'unclear', to: 'its addresses' }))).toMatchObject({
      verdict: 'not checked',
    });
  });

  test('an alarm that has had no data for an hour, as after a deployment', () => {
    expect(findingOf('alarms-blind', alarm('INSUFFICIENT_DATA', 1 / 24)).verdict).toBe('ok');
  });

  test('more protection than the stage asks for', () => {
    expect(findingOf('deletion-protection', wanted({ deletionProtection: false })).verdict).toBe(
      'ok',
    );
  });

  test('a step of the rotation that is due just now', () => {
    const due = withKeyring({ next: { kind: 'join', dueAt: NOW.toISOString() } });

    expect(findingOf('cdn-key-step', due).verdict).toBe('ok');
  });

  test('a bucket of your own that aborts stale uploads and encrypts', () => {
    expect(findingOf('lifecycle', wanted({ bucket: undefined })).verdict).toBe('ok');
    expect(findingOf('encryption', wanted({ bucket: undefined })).verdict).toBe('ok');
  });

  test('a subscription in place of a topic: an alarm that calls something else', () => {
    const other = { ...alarm('OK', 1, ['arn:aws:lambda:x']), topics: known([]) };

    expect(findingOf('alarm-listeners', other).verdict).toBe('ok');
  });
});

test('advice alone leaves a stack healthy', () => {
  const facts = { ...HEALTHY, concurrency: known({ limit: 10, unreserved: 10 }) };

  const report = stackReportOf('x', 'eu-central-1', judgeStack(ALL_CHECKS, facts));

  expect(report.findings.find(({ id }) => id === 'concurrency')?.verdict).toBe('wrong');
  expect(report.healthy).toBe(true);
});
