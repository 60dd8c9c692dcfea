/** Who may do what, read from a template: one line a role, action and resource, in words that people can compare. */
import type { Template } from 'aws-cdk-lib/assertions';

export interface Right {
  /** Construct of the function that bears the role, such as `Publish`. */
  readonly who: string;
  readonly action: string;
  /** Resource as `{construct}{rest of the ARN}`, such as `Packages/packages/*`. */
  readonly on: string;
  readonly condition?: unknown;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

export function rightsIn(template: Template): readonly Right[] {
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap((policy) => {
    const roles: readonly { readonly Ref: string }[] = policy['Properties'].Roles;
    const statements: readonly Statement[] = policy['Properties'].PolicyDocument.Statement;
    return roles.flatMap(({ Ref: role }) =>
      statements.flatMap((statement) => rightsOf(wordOf(role, 'Role'), statement)),
    );
  });
}

/** Sorted lines `who: action on resource`. */
export function lines(rights: readonly Right[]): readonly string[] {
  return rights.map(({ who, action, on }) => `${who}: ${action} on ${on}`).sort();
}

export function holdersOf(rights: readonly Right[], action: string): readonly string[] {
  return [
    ...new Set(rights.filter((right) => right.action === action).map(({ who }) => who)),
  ].sort();
}

function rightsOf(
  who: string,
  { Effect, Action, Resource, Condition }: Statement,
): readonly Right[] {
  if (Effect !== 'Allow') return [];
  return listed(Action).flatMap((action) =>
    listed(Resource).map((resource) => ({
      who,
      action: String(action),
      on: nameOf(resource),
      ...(Condition === undefined ? {} : { condition: Condition }),
    })),
  );
}

/** An ARN of the template in words: what it refers to, then the rest of its text. */
export function nameOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, inner] = []] = Object.entries(value as Record<string, unknown>);
  if (name === 'Fn::GetAtt') return wordOf(String((inner as readonly unknown[])[0]));
  if (name === 'Ref') return wordOf(String(inner));
  if (name === 'Fn::Join') return (inner as [string, readonly unknown[]])[1].map(nameOf).join('');
  throw new Error(`no words for ${JSON.stringify(value)}`);
}

/** The logical id without CDK's hash, its kind of resource and its repetitions: `PackagesBucket6A1B2C3D` is `Packages`. */
export function wordOf(logicalId: string, suffix = '(Bucket|Table|Secret|Logs|Queue|Key)'): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '').replace(new RegExp(`${suffix}$`), '');
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
