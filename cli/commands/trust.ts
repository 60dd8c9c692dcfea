/** `stowage trust`: the rules by which CI jobs publish without a stored token. */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { itemsOf } from '../../client/pages.ts';
import type { TrustRuleBody } from '../../client/stowage-client.ts';
import { describeMismatch, mismatchOf } from '../../core/trust/match-claims.ts';
import { withoutUndefined } from '../../core/without-undefined.ts';
import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { columns } from '../output/columns.ts';
import { failure, misuse } from '../output/fault.ts';
import { type PresetFlags, presetOf } from '../trust/presets.ts';

const SCOPES = ['read', 'publish', 'release'] as const;

interface CreateFlags extends RemoteFlags, PresetFlags {
  readonly name?: string;
  readonly scope: (typeof SCOPES)[number];
  readonly versions?: string;
  readonly lifetime?: string;
}

const CREATE_NOTES = `
  stowage trust create --github acme/tool --workflow release.yml --environment prod --versions '{ref_name#v}'
  stowage trust create --gitlab group/project --versions '{ref_name#v}'
  stowage trust create --circleci ORG_ID/PROJECT_ID      stowage trust create --buildkite ORGANIZATION_ID/PIPELINE
  stowage trust create --google builder@project.iam.gserviceaccount.com
  stowage trust create --aws https://ID.tokens.sts.global.api.aws --role arn:aws:iam::123456789012:role/build
  stowage trust create --issuer https://ci.example.com --claim project=tool --claim 'ref=refs/tags/*'
{ref_name} in --versions is the tag of the job, {ref_name#v} the tag without a leading v: the rule then takes jobs of tags only.
docs/trusted-publishing.md says what is checked. With --json: the rule.`;

export function addTrust(program: Command, cli: Cli): void {
  const trust = program
    .command('trust')
    .description('rules by which CI jobs publish without a stored token');
  withRemoteFlags(trust.command('create'))
    .description('let jobs exchange the tokens of their CI system')
    .option('--github <owner/repo>', 'jobs of GitHub Actions')
    .option('--gitlab <group/project>', 'jobs of GitLab')
    .option('--gitlab-url <url>', 'a GitLab of your own (default: https://gitlab.com)')
    .option('--circleci <organization/project>', 'jobs of CircleCI, by the ids of both')
    .option('--buildkite <organization/pipeline>', 'jobs of Buildkite, by organization id and slug')
    .option('--google <email>', 'a service account of Google Cloud')
    .option('--aws <issuer>', 'the issuer of an AWS account')
    .option('--role <arn>', 'with --aws: the role that asks for the token')
    .option('--issuer <url>', 'another issuer')
    .option('--workflow <file>', 'with --github: only this workflow, such as release.yml')
    .option('--environment <name>', 'with --github or --gitlab: only jobs of this environment')
    .option('--claim <name=value...>', 'a claim that must match as well; * is any text')
    .option('--name <name>', 'what it is for (default: from the project)')
    .addOption(
      new Option('--scope <scope>', 'what the job may do').choices(SCOPES).default('publish'),
    )
    .option('--versions <pattern>', "only versions that match, such as '1.*' or '{ref_name#v}'")
    .option('--lifetime <seconds>', 'of the token that a job gets, 60 to 3600 (default: 900)')
    .addHelpText('after', CREATE_NOTES)
    .action((flags: CreateFlags) => inSession(cli, flags, (session) => create(session, flags)));
  withRemoteFlags(trust.command('ls'))
    .description('list the rules')
    .addHelpText('after', '\nWith --json: one document, {items: [...]}.')
    .action((flags: RemoteFlags) => inSession(cli, flags, list));
  withRemoteFlags(trust.command('rm'))
    .description('remove rules, and revoke the tokens that were made by them')
    .argument('<ruleId...>')
    .addHelpText('after', '\nWith --json: one line a rule, {ruleId}.')
    .action((ids: readonly string[], flags: RemoteFlags) =>
      inSession(cli, flags, (session) => remove(session, ids)),
    );
  withRemoteFlags(trust.command('test'))
    .description('say which rule a token matches, or which claim does not; nothing is exchanged')
    .argument('<file>', 'a token, or its claims as JSON; - reads stdin')
    .addHelpText(
      'after',
      '\nSignature, times and audience are not checked. Exit code 0 if a rule matches.\nWith --json: {issuer, rules: [{ruleId, name, matches, why?}]}.',
    )
    .action((file: string, flags: RemoteFlags) =>
      inSession(cli, flags, (session) => test(session, file)),
    );
}

async function create({ client, output, signal }: Session, flags: CreateFlags): Promise<void> {
  const { scope, versions, lifetime } = flags;
  const preset = presetOf(flags, versions);
  const body = {
    name: flags.name ?? preset.name,
    issuer: preset.issuer,
    claims: preset.claims,
    scopes: [scope],
    ...(versions === undefined ? {} : { versions }),
    ...(lifetime === undefined ? {} : { lifetimeSeconds: secondsOf(lifetime) }),
  };
  const rule = await client.createTrustRule(body, { signal });
  output.document(rule);
  output.line(`rule ${rule.ruleId}: ${rule.name}`);
  for (const line of describeRule(rule)) output.line(line);
  if (rule.expiresAt !== undefined)
    output.note(`it expires at ${rule.expiresAt}, with the token that made it`);
}

function secondsOf(lifetime: string): number {
  if (/^\d{1,6}$/.test(lifetime)) return Number(lifetime);
  throw misuse(`--lifetime takes seconds, from 60 to 3600, got ${lifetime}`);
}

async function list({ client, output, signal }: Session): Promise<void> {
  const items = await itemsOf(client.listTrustRules({ limit: 1000, signal }));
  output.document({ items });
  if (items.length === 0)
    return output.line('no rules yet: make one with stowage trust create --github OWNER/REPO');
  for (const rule of items) {
    output.line(`${rule.ruleId}  ${rule.name}`);
    for (const line of describeRule(rule)) output.line(line);
  }
}

function describeRule(rule: TrustRuleBody): readonly string[] {
  const { issuer, claims, scopes, versions = '*', lifetimeSeconds, pinned = {} } = rule;
  const rows = [
    ...Object.entries(claims).map(([claim, values]) => [claim, [values].flat().join(' or ')]),
    ...Object.entries(pinned).map(([claim, value]) => [claim, `${value} (from its first use)`]),
    ['may', `${scopes.join(', ')} versions ${versions}, for ${lifetimeSeconds} s`],
    ...(rule.expiresAt === undefined ? [] : [['until', rule.expiresAt]]),
  ];
  return columns(['issuer', issuer], rows).map((line) => `  ${line}`);
}

async function remove({ client, output, signal }: Session, ids: readonly string[]): Promise<void> {
  for (const ruleId of ids) {
    await client.deleteTrustRule(ruleId, { signal });
    output.document({ ruleId });
    output.line(`removed rule ${ruleId}`);
  }
}

async function test({ client, output, signal }: Session, file: string): Promise<void> {
  const claims = claimsOf(file === '-' ? await text(process.stdin) : readFileSync(file, 'utf8'));
  const issuer = String(claims['iss']);
  const all = await itemsOf(client.listTrustRules({ limit: 1000, signal }));
  const rules = all
    .filter((rule) => rule.issuer === issuer)
    .map((rule) => {
      const { ruleId, name, claims: wanted, pinned } = rule;
      const mismatch = mismatchOf({ claims: wanted, ...withoutUndefined({ pinned }) }, claims);
      return mismatch === undefined
        ? { ruleId, name, matches: true }
        : { ruleId, name, matches: false, why: describeMismatch(mismatch) };
    });
  output.document({ issuer, rules });
  for (const { ruleId, name, why } of rules)
    output.line(`rule ${ruleId} (${name}): ${why ?? 'matches'}`);
  if (rules.some(({ matches }) => matches)) return;
  throw failure(
    'UNAUTHENTICATED',
    rules.length === 0
      ? `none of the ${all.length} rules is for the issuer ${issuer}`
      : 'no rule matches',
  );
}

/** Of a token, or as they are. @throws Fault (misuse) */
function claimsOf(given: string): Readonly<Record<string, unknown>> {
  const [, payload] = given.trim().split('.');
  const isToken = /^[\w-]+\.[\w-]+\.[\w-]*$/.test(given.trim());
  try {
    const json = isToken ? Buffer.from(payload ?? '', 'base64url').toString() : given;
    const claims: unknown = JSON.parse(json);
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims))
      return { ...claims };
  } catch {
    // Said below.
  }
  throw misuse('this is neither a token (a JWT) nor a JSON object of claims');
}
