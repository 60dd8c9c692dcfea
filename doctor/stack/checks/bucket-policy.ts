/**
 * Checks of the policy of the bucket: the refusals that protect packages, and what differs from the
 * template.
 */
import { PACKAGES_FOLDER, YANK_TAG } from '../../../core/layout.ts';
import type { StackCheck } from '../facts/check.ts';
import { on, type Statement } from '../facts/facts.ts';
import { type Judgement, notChecked, ok, skipped, wrong } from '../facts/report.ts';

const GROUP = "The bucket's policy";
const RESTORE =
  'find out who changed it (CloudTrail), and put the statement back: aws cloudformation get-template has it';

/** What a statement must refuse, to everyone, whatever else it says. */
interface Refusal {
  readonly actions: readonly string[];
  readonly condition: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Of all objects, rather than of packages alone. */
  readonly everywhere?: true;
  /** Roles that remove packages may be spared; which ones, the template says. */
  readonly sparesRoles?: true;
}

const TLS: Refusal = {
  actions: ['s3:GetObject', 's3:PutObject'],
  condition: { Bool: { 'aws:SecureTransport': 'false' } },
  everywhere: true,
};
const OVERWRITING: Refusal = {
  actions: ['s3:PutObject'],
  condition: {
    Null: { 's3:if-none-match': 'true' },
    Bool: { 's3:ObjectCreationOperation': 'true' },
  },
};
const YANKED: Refusal = {
  actions: ['s3:GetObject', 's3:GetObjectVersion'],
  condition: { StringEquals: { [`s3:ExistingObjectTag/${YANK_TAG.key}`]: YANK_TAG.value } },
  sparesRoles: true,
};

export const POLICY_CHECKS: readonly StackCheck[] = [
  refusal('refuses-plain-http', 'refuses requests without TLS', TLS),
  refusal('refuses-overwriting', 'refuses to overwrite a package', OVERWRITING),
  refusal('refuses-yanked', 'refuses to hand out what was yanked', YANKED),
  {
    id: 'policy-drift',
    group: GROUP,
    check: 'is what the template says',
    weight: 'fault',
    todo: `${RESTORE}; a statement that your organisation added belongs into the CDK app`,
    judge: ({ bucket, wanted }) =>
      on(bucket.policy, (found = []) =>
        on(wanted, ({ bucket: own }) => {
          if (own === undefined || own.policy.statements.length === 0)
            return skipped('the stack sets no policy');
          if (!own.policy.isWhole)
            return notChecked('the template names resources that it does not make');
          return difference(found, own.policy.statements);
        }),
      ),
  },
];

function refusal(id: string, check: string, wanted: Refusal): StackCheck {
  return {
    id,
    group: GROUP,
    check,
    weight: 'fault',
    todo: RESTORE,
    judge: ({ bucket }) =>
      on(bucket.policy, (statements = []) =>
        statements.some((statement) => refuses(statement, wanted))
          ? ok('refused to everyone')
          : wrong(
              `no such statement among ${statements.length}`,
              `Deny ${wanted.actions.join(' and ')} if ${JSON.stringify(wanted.condition)}`,
            ),
      ),
  };
}

/** A statement with more conditions than these refuses less. */
function refuses(statement: Statement, wanted: Refusal): boolean {
  const { Effect, Principal, Action, Resource, Condition = {} } = statement;
  const { ArnNotEquals: spared, ...others } = Condition as Readonly<Record<string, unknown>>;
  const conditions = wanted.sparesRoles === true || spared === undefined ? others : Condition;
  return (
    Effect === 'Deny' &&
    isEveryone(Principal) &&
    wanted.actions.every((action) => covers(texts(Action), action, 's3:*')) &&
    texts(Resource).some((resource) => isAbout(resource, wanted)) &&
    canonical(conditions) === canonical(wanted.condition)
  );
}

function covers(found: readonly string[], action: string, all: string): boolean {
  return found.some((one) => one === action || one === all || one === '*');
}

function isAbout(resource: string, { everywhere }: Refusal): boolean {
  const isWhole = resource === '*' || /:::[^/]+\/\*$/.test(resource);
  return isWhole || (everywhere !== true && resource.endsWith(`/${PACKAGES_FOLDER}/*`));
}

function isEveryone(principal: unknown): boolean {
  if (principal === '*') return true;
  if (typeof principal !== 'object' || principal === null) return false;
  return 'AWS' in principal && texts(principal.AWS).includes('*');
}

function difference(found: readonly Statement[], expected: readonly Statement[]): Judgement {
  const there = found.map(canonical);
  const wanted = expected.map(canonical);
  const missing = expected.filter((statement) => !there.includes(canonical(statement)));
  const extra = found.filter((statement) => !wanted.includes(canonical(statement)));
  const count = `${expected.length} statements`;
  if (missing.length === 0 && extra.length === 0) return ok(count);
  const parts = [
    ...missing.map((statement) => `missing or changed: ${nameOf(statement)}`),
    ...extra.map((statement) => `not in the template: ${nameOf(statement)}`),
  ];
  return wrong(parts.join('; '), `the ${count} of the template`);
}

function nameOf(statement: Statement): string {
  const { Sid, Effect, Action, Principal } = statement;
  if (typeof Sid === 'string' && Sid !== '') return Sid;
  return `${Effect} ${texts(Action).join(' ')} to ${JSON.stringify(Principal)}`;
}

/** S3 gives a list of one as a text, and keeps no order; a policy means the same either way. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.map(canonical).sort();
    return items.length === 1 ? (items[0] ?? '') : `[${items.join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, inner]) => `${key}:${canonical(inner)}`);
    return `{${fields.sort().join(',')}}`;
  }
  return JSON.stringify(String(value));
}

function texts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');
}
