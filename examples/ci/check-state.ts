/**
 * Fails where a deployment would replace or remove what holds state: a bucket, a table, a secret, keys,
 * the distribution or the API. Reads change sets as `aws cloudformation describe-change-set` prints them.
 *
 *     node check-state.ts CHANGE-SET.json ... [--allow LOGICAL-ID ...]
 *
 * Exit codes: 0 nothing is lost, 1 something would be, 2 misuse or a file that is no change set. It
 * needs Node.js 22.18 or later, and nothing else: copy it into any repository.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** What a replacement loses, by type: bytes, records, keys that signed, addresses that clients know. */
const HOLDS_STATE: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'its objects stay in a bucket that the stack no longer uses, or are lost',
  'AWS::DynamoDB::Table': 'its records stay in a table that the stack no longer uses, or are lost',
  'AWS::DynamoDB::GlobalTable':
    'its records stay in a table that the stack no longer uses, or are lost',
  'AWS::SecretsManager::Secret': 'the keys in it are lost',
  'AWS::KMS::Key': 'what it encrypted can no longer be read',
  'AWS::CloudFront::KeyGroup': 'links that were signed before stop',
  'AWS::CloudFront::PublicKey': 'links that were signed before stop',
  'Custom::CdnKeys': 'links that were signed before stop',
  'AWS::CloudFront::Distribution': 'the host of downloads changes',
  'AWS::ApiGatewayV2::Api': 'the host of the API changes',
  'AWS::ApiGatewayV2::DomainName': 'the host of the API is gone for a time',
};

interface ResourceChange {
  readonly Action: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceType: string;
  /** `True`, `False` or `Conditional`: CloudFormation knows only while it deploys. */
  readonly Replacement?: string;
  readonly Details?: readonly { readonly Target?: { readonly Name?: string } }[];
}

interface ChangeSet {
  readonly StackName: string;
  readonly Status: string;
  readonly StatusReason?: string;
  readonly NextToken?: string;
  readonly Changes: readonly { readonly ResourceChange?: ResourceChange }[];
}

process.exitCode = main(process.argv.slice(2));

function main(words: readonly string[]): number {
  try {
    const { values, positionals: files } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { allow: { type: 'string', multiple: true, default: [] } },
    });
    if (files.length === 0) throw new Error('no change set is given');
    const losses = files.flatMap((file) => lossesIn(readChangeSet(file), values.allow));
    for (const loss of losses) console.error(loss);
    if (losses.length > 0) {
      console.error(
        '\nIf that is what you want: take a backup, then run this again with --allow LOGICAL-ID.',
      );
      return 1;
    }
    console.log(`${files.length} change sets: nothing that holds state is replaced or removed`);
    return 0;
  } catch (error) {
    console.error(`check-state: ${error instanceof Error ? error.message : error}`);
    return 2;
  }
}

/** @throws Error where the file holds no whole change set */
function readChangeSet(file: string): ChangeSet {
  const set = JSON.parse(readFileSync(file, 'utf8')) as Partial<ChangeSet>;
  const { StackName, Status, StatusReason = '', NextToken, Changes } = set;
  if (StackName === undefined || Status === undefined || !Array.isArray(Changes))
    throw new Error(`${file} is no output of aws cloudformation describe-change-set`);
  // CloudFormation calls a change set without changes failed, in either of these words.
  const isEmpty = /didn't contain changes|No updates are to be performed/.test(StatusReason);
  if (Status !== 'CREATE_COMPLETE' && !(Status === 'FAILED' && isEmpty))
    throw new Error(`the change set of ${StackName} is ${Status}: ${StatusReason || 'no reason'}`);
  if (NextToken !== undefined)
    throw new Error(`${file} is one page of several; let the AWS CLI read all of them`);
  return { StackName, Status, Changes };
}

function lossesIn({ StackName, Changes }: ChangeSet, allowed: readonly string[]): string[] {
  return Changes.flatMap(({ ResourceChange: change }) => {
    if (change === undefined || allowed.includes(change.LogicalResourceId)) return [];
    const consequence = HOLDS_STATE[change.ResourceType];
    const fate = fateOf(change);
    if (consequence === undefined || fate === undefined) return [];
    const { LogicalResourceId: id, PhysicalResourceId: name, ResourceType: type } = change;
    const because = propertiesOf(change);
    const reason = because === '' ? '' : ` (changed: ${because})`;
    return [`${StackName}: ${id} (${type} ${name ?? ''}) ${fate}${reason}: ${consequence}`];
  });
}

function fateOf({ Action, Replacement }: ResourceChange): string | undefined {
  if (Action === 'Remove') return 'would be removed';
  // A resource that is imported or changed in place keeps its state.
  if (Action === 'Add' || Action === 'Import') return undefined;
  if (Replacement === 'True') return 'would be replaced';
  if (Replacement === 'Conditional' || Action === 'Dynamic') return 'may be replaced';
  return undefined;
}

function propertiesOf({ Details = [] }: ResourceChange): string {
  const names = Details.flatMap(({ Target }) => Target?.Name ?? []);
  return [...new Set(names)].join(', ');
}
