/** CI jobs publish without a stored token: the job's own is found, exchanged, and revoked at the end. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { GithubRunner } from '../support/github-runner.ts';
import { githubClaims, OidcIssuer } from '../support/oidc-issuer.ts';
import { House, type Ran, runCli } from './house.ts';

let house: House;
let issuer: OidcIssuer;
/** What the runner of GitHub has for its jobs. */
let runner: GithubRunner;

beforeAll(async () => {
  house = await House.open({ TRUST_PRIVATE_ISSUERS: 'true' });
  issuer = await OidcIssuer.start();
  runner = await GithubRunner.start(issuer);
  await house.write('tool.zip', 'the bytes of a tool');
});
afterAll(async () => {
  await runner.stop();
  await issuer.stop();
  await house.close();
});
beforeEach(() => {
  runner.changed = {};
});

/** Runs `stowage` as a job of GitHub Actions, with no token of the service. */
function inJob(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return runCli(words, {
    cwd: house.folder,
    env: {
      STOWAGE_URL: house.proxy.url,
      // Not the token that the server has left in this folder.
      STORAGE_LOCAL_PATH: house.path('none'),
      ...runner.env,
      ...env,
    },
  });
}

async function trust(...words: readonly string[]): Promise<string> {
  const made = await house.stowage([
    'trust',
    'create',
    '--json',
    '--issuer',
    issuer.url,
    '--claim',
    'repository=acme/tool',
    ...words,
  ]);
  return JSON.parse(made.stdout).ruleId;
}

describe('a job whose rule is there', () => {
  let ruleId: string;
  beforeAll(async () => {
    ruleId = await trust('--versions', '{ref_name#v}', '--name', 'releases');
  });
  afterAll(async () => {
    await house.stowage(['trust', 'rm', ruleId]);
  });

  test('pushes without any token, the package names it, and its token is gone afterwards', async () => {
    const pushed = await inJob(['push', 'tool.zip', '--version', '1.4.0']);

    expect(pushed).toMatchObject({ code: 0 });
    const shown = JSON.parse((await house.stowage(['show', '1.4.0/tool.zip', '--json'])).stdout);
    expect(shown.createdBy).toBe(`oidc:${new URL(issuer.url).host}:acme/tool@9f2c1d7e run 123`);
    const tokens = JSON.parse((await house.stowage(['token', 'ls', '--json'])).stdout);
    expect(tokens.items.map(({ name }: { name: string }) => name)).not.toContain('releases');
  });

  test('is refused with the claim that does not match, and what to do', async () => {
    runner.changed = { repository: 'acme/other' };

    const refused = await inJob(['push', 'tool.zip', '--version', '1.4.0']);

    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /claim repository must be "acme\/tool", the token has "acme\/other"[\s\S]*stowage trust ls/,
    );
  });

  test('takes a token from STOWAGE_ID_TOKEN first, as GitLab gives it', async () => {
    const claims = githubClaims(issuer.url, house.proxy.url, new Date());
    const STOWAGE_ID_TOKEN = await issuer.sign(claims);

    const whoami = await inJob(['whoami', '--json'], { STOWAGE_ID_TOKEN });
    const again = await inJob(['whoami'], { STOWAGE_ID_TOKEN });

    expect(JSON.parse(whoami.stdout)).toMatchObject({
      tokenFrom: 'the token of this job (STOWAGE_ID_TOKEN)',
      scope: 'publish',
      versions: '1.4.0',
    });
    expect(again.stderr).toMatch(/this token was exchanged before/);
  });

  test('asks for no token for another service than the one that is named', async () => {
    const refused = await inJob(['whoami'], { STOWAGE_URL: house.server.url });

    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      `${house.server.url} asks for a token for ${house.proxy.url}, another service`,
    );
  });

  test('with a token of its own uses that', async () => {
    const whoami = await inJob(['whoami'], { STOWAGE_TOKEN: house.server.adminToken });

    expect(whoami.stdout).toMatch(/\nfrom +STOWAGE_TOKEN\n/);
  });

  test('where no rule lets it have a token, reads as if it had none', async () => {
    runner.changed = { repository: 'acme/other' };

    const pulled = await inJob(['pull', '1.4.0/tool.zip']);

    expect(pulled.stderr).toMatch(/needs a token|UNAUTHENTICATED/);
  });
});

describe('stowage trust', () => {
  test('lists a rule and says which claim of a token does not match it', async () => {
    const ruleId = await trust('--claim', 'environment=prod', '--claim', 'environment=test');
    const claims = githubClaims(issuer.url, 'x', new Date());
    const token = await house.write('token', await issuer.sign(claims));
    const other = await house.write('claims', JSON.stringify({ ...claims, environment: 'dev' }));

    const listed = await house.stowage(['trust', 'ls']);
    const matches = await house.stowage(['trust', 'test', token]);
    const differs = await house.stowage(['trust', 'test', other]);
    await house.stowage(['trust', 'rm', ruleId]);
    const none = await house.stowage(['trust', 'test', token]);

    expect(listed.stdout).toContain('prod or test');
    expect(matches).toMatchObject({ code: 0, stdout: expect.stringContaining('): matches\n') });
    expect(differs.code).toBe(1);
    expect(differs.stdout).toContain(
      'claim environment must be "prod" or "test", the token has "dev"',
    );
    expect(none.stderr).toContain(`none of the 0 rules is for the issuer ${issuer.url}`);
  });

  test.each<[string, readonly string[], object]>([
    [
      'GitHub',
      [
        '--github',
        'acme/tool',
        '--workflow',
        'release.yml',
        '--environment',
        'prod',
        '--versions',
        '{ref_name#v}',
      ],
      {
        issuer: 'https://token.actions.githubusercontent.com',
        claims: {
          repository: 'acme/tool',
          job_workflow_ref: 'acme/tool/.github/workflows/release.yml@*',
          environment: 'prod',
          ref: 'refs/tags/*',
        },
        versions: '{ref_name#v}',
      },
    ],
    [
      'GitLab',
      ['--gitlab', 'group/sub/tool', '--versions', '{ref_name}'],
      { issuer: 'https://gitlab.com', claims: { project_path: 'group/sub/tool', ref_type: 'tag' } },
    ],
    [
      'CircleCI',
      ['--circleci', '1f2e/9a8b'],
      {
        issuer: 'https://oidc.circleci.com/org/1f2e',
        claims: { 'oidc.circleci.com/project-id': '9a8b' },
      },
    ],
    [
      'Buildkite',
      ['--buildkite', '0184/tool'],
      {
        issuer: 'https://agent.buildkite.com',
        claims: { organization_id: '0184', pipeline_slug: 'tool' },
      },
    ],
    [
      'Google',
      ['--google', 'builder@project.iam.gserviceaccount.com'],
      {
        issuer: 'https://accounts.google.com',
        claims: { email: 'builder@project.iam.gserviceaccount.com' },
      },
    ],
    [
      'AWS',
      [
        '--aws',
        'https://1234.tokens.sts.global.api.aws',
        '--role',
        'arn:aws:iam::1:role/ci',
        '--scope',
        'release',
      ],
      {
        issuer: 'https://1234.tokens.sts.global.api.aws',
        claims: { sub: 'arn:aws:iam::1:role/ci' },
        scopes: ['release'],
      },
    ],
  ])('knows the issuer and the claims of %s', async (_what, words, rule) => {
    const made = await house.stowage(['trust', 'create', '--json', ...words]);

    expect(JSON.parse(made.stdout)).toMatchObject(rule);
  });

  test.each([
    ['no project', [], /say whose jobs by one of --github/],
    ['two projects', ['--github', 'a/b', '--gitlab', 'a/b'], /say whose jobs by one of/],
    ['a project without its owner', ['--github', 'tool'], /two names with a slash/],
    ['a path as the workflow', ['--github', 'a/b', '--workflow', 'x/y.yml'], /name of a file/],
    ['a role without AWS', ['--github', 'a/b', '--role', 'x'], /--role goes with --aws/],
    ['a claim without a value', ['--issuer', 'https://a.test', '--claim', 'x'], /name=value/],
  ])('%s is misuse', async (_what, words, why) => {
    const ran = await house.stowage(['trust', 'create', ...words]);

    expect([ran.code, ran.stderr]).toEqual([2, expect.stringMatching(why)]);
  });
});
