/** Describes the job that a token was made for: its system, project, commit and run. */
import type { Claims } from '../ports/id-tokens.ts';

/** By the host of the issuer; others are named by it. */
const SYSTEMS: Readonly<Record<string, string>> = {
  'token.actions.githubusercontent.com': 'github',
  'gitlab.com': 'gitlab',
  'agent.buildkite.com': 'buildkite',
  'oidc.circleci.com': 'circleci',
  'accounts.google.com': 'google',
};
const CIRCLE = 'oidc.circleci.com';
const LONGEST = 300;

/** Such as `oidc:github:acme/tool@9f2c1d7 run 123`. */
export function originOf(issuer: string, claims: Claims): string {
  const { host } = new URL(issuer);
  const text = (...names: readonly string[]) =>
    names.map((name) => claims[name]).find((value) => value !== undefined && value !== '');
  const { organization_slug: organization, pipeline_slug: pipeline } = claims;
  const project =
    pipeline === undefined
      ? text('repository', 'project_path', `${CIRCLE}/vcs-origin`, 'email', 'sub')
      : `${organization}/${pipeline}`;
  const commit = text('sha', 'build_commit');
  const run = text('run_id', 'pipeline_id', 'build_number', `${CIRCLE}/workflow-id`);
  const origin = [
    `oidc:${SYSTEMS[host] ?? host}:${project}`,
    commit === undefined ? '' : `@${commit}`,
    run === undefined ? '' : ` run ${run}`,
  ].join('');
  return origin.replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST);
}
