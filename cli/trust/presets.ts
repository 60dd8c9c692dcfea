/** The issuer and the claims of the usual CI systems, from what people know of their project. */
import { misuse } from '../output/fault.ts';

export interface PresetFlags {
  readonly github?: string;
  readonly gitlab?: string;
  readonly gitlabUrl?: string;
  readonly circleci?: string;
  readonly buildkite?: string;
  readonly google?: string;
  readonly aws?: string;
  readonly role?: string;
  readonly issuer?: string;
  readonly workflow?: string;
  readonly environment?: string;
  readonly claim?: readonly string[];
}

export interface Preset {
  readonly name: string;
  readonly issuer: string;
  readonly claims: Record<string, string | string[]>;
}

const KINDS = ['github', 'gitlab', 'circleci', 'buildkite', 'google', 'aws', 'issuer'] as const;
type Kind = (typeof KINDS)[number];

interface Rule {
  readonly issuer: string;
  readonly claims: Readonly<Record<string, string | undefined>>;
  /** The claim that allows tags only. */
  readonly tags: readonly [claim: string, value: string];
}

const RULES: Readonly<Record<Kind, (value: string, flags: PresetFlags) => Rule>> = {
  github: (repository, { workflow, environment }) => ({
    issuer: 'https://token.actions.githubusercontent.com',
    claims: {
      repository: pair('--github', repository),
      job_workflow_ref: workflow && `${repository}/.github/workflows/${fileOf(workflow)}@*`,
      environment,
    },
    tags: ['ref', 'refs/tags/*'],
  }),
  gitlab: (project, { gitlabUrl = 'https://gitlab.com', environment }) => ({
    issuer: gitlabUrl.replace(/\/$/, ''),
    claims: { project_path: pair('--gitlab', project), environment },
    tags: ['ref_type', 'tag'],
  }),
  circleci: (ids) => {
    const [organization, project] = pair('--circleci', ids).split('/');
    return {
      issuer: `https://oidc.circleci.com/org/${organization}`,
      claims: { 'oidc.circleci.com/project-id': project },
      tags: ['oidc.circleci.com/vcs-ref', 'refs/tags/*'],
    };
  },
  buildkite: (names) => {
    const [organization, pipeline] = pair('--buildkite', names).split('/');
    return {
      issuer: 'https://agent.buildkite.com',
      claims: { organization_id: organization, pipeline_slug: pipeline },
      tags: ['build_tag', '*'],
    };
  },
  google: (email) => ({
    issuer: 'https://accounts.google.com',
    claims: { email },
    tags: ['ref', 'refs/tags/*'],
  }),
  aws: (issuer, { role }) => {
    if (role === undefined)
      throw misuse('--aws needs --role ARN, the role that asks for the token');
    return { issuer, claims: { sub: role }, tags: ['ref', 'refs/tags/*'] };
  },
  issuer: (issuer) => ({ issuer, claims: {}, tags: ['ref', 'refs/tags/*'] }),
};

/** Which flags make sense with which kind. */
const MORE: readonly (readonly [keyof PresetFlags, readonly Kind[]])[] = [
  ['workflow', ['github']],
  ['environment', ['github', 'gitlab']],
  ['gitlabUrl', ['gitlab']],
  ['role', ['aws']],
];

/** @throws Fault (misuse) */
export function presetOf(flags: PresetFlags, versions: string | undefined): Preset {
  const [kind, ...others] = KINDS.filter((one) => flags[one] !== undefined);
  const value = kind && flags[kind];
  if (kind === undefined || value === undefined || others.length > 0)
    throw misuse(`say whose jobs by one of ${KINDS.map((one) => `--${one}`).join(', ')}`);
  for (const [flag, kinds] of MORE)
    if (flags[flag] !== undefined && !kinds.includes(kind))
      throw misuse(
        `--${flag === 'gitlabUrl' ? 'gitlab-url' : flag} goes with ${kinds.map((one) => `--${one}`).join(' and ')}, not with --${kind}`,
      );
  const { issuer, claims, tags } = RULES[kind](value, flags);
  const wanted: Preset['claims'] = {};
  for (const [claim, text] of Object.entries(claims)) if (text !== undefined) wanted[claim] = text;
  for (const one of flags.claim ?? []) add(wanted, one);
  const [claim, tagged] = tags;
  if (versions?.includes('{ref_name') === true) wanted[claim] ??= tagged;
  return { name: value, issuer, claims: wanted };
}

/** A claim that is given twice may have either value. @throws Fault (misuse) */
function add(claims: Preset['claims'], given: string): void {
  const at = given.indexOf('=');
  if (at < 1) throw misuse(`--claim takes name=value, got ${given}`);
  const [name, value] = [given.slice(0, at), given.slice(at + 1)];
  const before = claims[name];
  claims[name] = before === undefined ? value : [before, value].flat();
}

/** @throws Fault (misuse) */
function pair(flag: string, value: string): string {
  if (/^[^/\s]+(\/[^/\s]+)+$/.test(value)) return value;
  throw misuse(`${flag} takes two names with a slash between them, got ${value}`);
}

/** @throws Fault (misuse) */
function fileOf(workflow: string): string {
  if (/^[^/@\s]+\.ya?ml$/.test(workflow)) return workflow;
  throw misuse(`--workflow takes the name of a file in .github/workflows, got ${workflow}`);
}
