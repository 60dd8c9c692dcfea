/** The gate of examples/ci, run as a workflow runs it, over change sets as the AWS CLI prints them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';

const SCRIPT = join(import.meta.dirname, '..', '..', 'examples', 'ci', 'check-state.ts');
const folder = mkdtempSync(join(tmpdir(), 'stowage-check-state-'));
afterAll(() => rmSync(folder, { recursive: true }));

function check(sets: readonly object[], ...words: readonly string[]) {
  const files = sets.map((set, at) => {
    const file = join(folder, `${at}.json`);
    writeFileSync(file, JSON.stringify(set));
    return file;
  });
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...files, ...words], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function changeSet(...changes: readonly object[]): object {
  const Changes = changes.map((ResourceChange) => ({ Type: 'Resource', ResourceChange }));
  return { StackName: 'Stowage-prod', Status: 'CREATE_COMPLETE', Changes };
}

function change(type: string, more: object): object {
  return {
    Action: 'Modify',
    LogicalResourceId: 'Thing1',
    PhysicalResourceId: 'thing-1',
    ResourceType: type,
    Replacement: 'False',
    ...more,
  };
}

const TYPES = [
  'AWS::S3::Bucket',
  'AWS::DynamoDB::Table',
  'AWS::DynamoDB::GlobalTable',
  'AWS::SecretsManager::Secret',
  'AWS::KMS::Key',
  'AWS::CloudFront::KeyGroup',
  'AWS::CloudFront::PublicKey',
  'Custom::CdnKeys',
  'AWS::CloudFront::Distribution',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::DomainName',
];

describe('the gate', () => {
  test.each(TYPES)('fails and names what a change of %s replaces or removes', (type) => {
    const { status, stderr } = check([
      changeSet(
        change(type, { LogicalResourceId: 'One1', Replacement: 'True' }),
        change(type, { LogicalResourceId: 'Two2', Action: 'Remove', Replacement: undefined }),
        change(type, { LogicalResourceId: 'Three3', Replacement: 'Conditional' }),
      ),
    ]);

    expect(status).toBe(1);
    expect(stderr.split('\n').slice(0, 3)).toEqual([
      expect.stringContaining(`Stowage-prod: One1 (${type} thing-1) would be replaced`),
      expect.stringContaining(`Stowage-prod: Two2 (${type} thing-1) would be removed`),
      expect.stringContaining(`Stowage-prod: Three3 (${type} thing-1) may be replaced`),
    ]);
  });

  test('lets through what is added, imported or changed in place, and what holds no state', () => {
    const { status, stdout } = check([
      changeSet(
        change('AWS::S3::Bucket', {}),
        change('AWS::DynamoDB::Table', { Action: 'Add', Replacement: undefined }),
        change('AWS::SecretsManager::Secret', { Action: 'Import', Replacement: undefined }),
        change('AWS::Lambda::Function', { Action: 'Remove', Replacement: undefined }),
        change('AWS::IAM::Policy', { Replacement: 'True' }),
      ),
    ]);

    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: '1 change sets: nothing that holds state is replaced or removed\n',
    });
  });

  test('names the properties whose change replaces', () => {
    const Details = [{ Target: { Attribute: 'Properties', Name: 'KeySchema' } }];

    const { stderr } = check([
      changeSet(change('AWS::DynamoDB::Table', { Replacement: 'True', Details })),
    ]);

    expect(stderr).toMatch(/would be replaced \(changed: KeySchema\)/);
  });

  test('looks at the change set of every stack', () => {
    const lost = change('AWS::S3::Bucket', { Action: 'Remove' });

    expect(check([changeSet(), changeSet(lost)]).status).toBe(1);
  });

  test('lets a loss through that is allowed by name, and no other', () => {
    const lost = (LogicalResourceId: string) =>
      change('AWS::S3::Bucket', { LogicalResourceId, Action: 'Remove' });

    expect(check([changeSet(lost('Old1'))], '--allow', 'Old1').status).toBe(0);
    expect(check([changeSet(lost('Old1'), lost('New2'))], '--allow', 'Old1').status).toBe(1);
  });

  test('lets a change set without changes through, which CloudFormation calls failed', () => {
    const StatusReason =
      "The submitted information didn't contain changes. Submit different information to create a change set.";
    const empty = { StackName: 'Stowage-prod', Status: 'FAILED', StatusReason, Changes: [] };

    expect(check([empty]).status).toBe(0);
  });

  test.each([
    [
      'a change set that could not be made',
      { ...changeSet(), Status: 'FAILED', StatusReason: 'no' },
    ],
    ['a change set that is still being made', { ...changeSet(), Status: 'CREATE_IN_PROGRESS' }],
    ['the first of several pages', { ...changeSet(), NextToken: 'more' }],
    ['another document', { Resources: {} }],
  ])('takes %s for misuse, not for a change set without losses', (_what, set) => {
    const { status, stderr } = check([set]);

    expect([status, stderr]).toEqual([2, expect.stringMatching(/^check-state: /)]);
  });

  test('needs a change set', () => {
    expect(check([])).toMatchObject({ status: 2, stderr: expect.stringMatching(/no change set/) });
  });
});
