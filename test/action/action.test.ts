/** The steps of the GitHub Action, run as GitHub's runner runs them, against a real server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ACTION_FOLDER, bundleAction } from '../../tools/bundle-action.ts';
import { House } from '../cli/house.ts';
import { GithubRunner } from '../support/github-runner.ts';
import { OidcIssuer } from '../support/oidc-issuer.ts';
import { cleanEnvironment } from '../support/server-process.ts';

const folder = join(ACTION_FOLDER, '..');
const action = parse(await readFile(join(folder, 'action.yml'), 'utf8')) as {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, object>>;
  readonly runs: Readonly<Record<string, string>>;
};

let house: House;
let issuer: OidcIssuer;
let runner: GithubRunner;

beforeAll(async () => {
  house = await House.open({ TRUST_PRIVATE_ISSUERS: 'true' });
  issuer = await OidcIssuer.start();
  runner = await GithubRunner.start(issuer);
  const words = ['--issuer', issuer.url, '--claim', 'repository=acme/tool', '--scope', 'release'];
  await house.stowage(['trust', 'create', '--json', ...words]);
  await house.write('tool.zip', 'the bytes of a tool');
  await house.write('tool.dmg', 'other bytes');
});
afterAll(async () => {
  await runner.stop();
  await issuer.stop();
  await house.close();
});
beforeEach(() => {
  runner.changed = {};
});

interface Step {
  readonly code: number | null;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** A step of the job, with its inputs, or the state that the main step kept. */
async function step(which: 'main' | 'post', env: Readonly<Record<string, string>>): Promise<Step> {
  const temporary = await mkdtemp(join(house.folder, 'step-'));
  const place = (name: string) => join(temporary, name);
  for (const name of ['output', 'state', 'summary']) await writeFile(place(name), '');
  const child = spawn(process.execPath, [join(folder, action.runs[which] ?? 'none')], {
    cwd: house.folder,
    env: cleanEnvironment({
      HOME: temporary,
      GITHUB_OUTPUT: place('output'),
      GITHUB_STATE: place('state'),
      GITHUB_STEP_SUMMARY: place('summary'),
      ...runner.env,
      ...env,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => log.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  const read = (name: string) => readFile(place(name), 'utf8');
  return {
    code,
    log: Buffer.concat(log).toString(),
    outputs: valuesIn(await read('output')),
    state: valuesIn(await read('state')),
    summary: await read('summary'),
  };
}

/** NAME<<DELIMITER, the value, DELIMITER: as the runner reads its files. */
function valuesIn(text: string): Readonly<Record<string, string>> {
  const found = text.matchAll(/^(\S+?)<<(\S+)\n([\s\S]*?)\n\2$/gm);
  return Object.fromEntries([...found].map(([, name, , value]) => [name, value ?? '']));
}

function main(inputs: Readonly<Record<string, string>>, env: object = {}): Promise<Step> {
  const defaults = Object.entries(action.inputs).map(([name, one]) => [name, one.default ?? '']);
  const given = { ...Object.fromEntries(defaults), url: house.proxy.url, ...inputs };
  const named = Object.entries(given).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ]);
  return step('main', { ...Object.fromEntries(named), ...env });
}

function post({ state }: Step): Promise<Step> {
  const named = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]);
  return step('post', Object.fromEntries(named));
}

async function tokenIds(): Promise<readonly string[]> {
  const { stdout } = await house.stowage(['token', 'ls', '--json']);
  return JSON.parse(stdout).items.map(({ tokenId }: { tokenId: string }) => tokenId);
}

/** What the log says where the runner has masked it: commands themselves are not shown. */
function shown({ log }: Step): string {
  const masked = [...log.matchAll(/^::add-mask::(.*)$/gm)].map(([, secret]) => secret ?? '');
  const text = log.replace(/^::add-mask::.*\n/gm, '');
  return masked.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

describe('the Action', () => {
  test('publishes the files of a tag, moves a channel, and ends its token in the post step', async () => {
    const tag = { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1.4.0' };
    const before = await tokenIds();

    const ran = await main({ files: 'tool.zip\n*.dmg\n', channel: 'stable' }, tag);
    const during = await tokenIds();
    const ended = await post(ran);

    expect(ran).toMatchObject({ code: 0 });
    const { version, links = '', ...rest } = ran.outputs;
    expect(version).toBe('1.4.0');
    expect(JSON.parse(links)).toEqual(
      ['tool.zip', 'tool.dmg'].map((name) => `${house.proxy.url}/packages/1.4.0/${name}`),
    );
    expect(during).toEqual(expect.arrayContaining([...before, rest['token-id'] ?? 'none']));
    expect(Object.keys(ran.outputs).sort()).toEqual(Object.keys(action.outputs).sort());
    expect(ran.summary).toMatch(/tool\.zip<\/a>[\s\S]*tool\.dmg<\/a>[\s\S]*stable/);
    expect(ended).toMatchObject({ code: 0, log: expect.stringContaining('is revoked') });
    expect(await tokenIds()).toEqual(before);
    const record = JSON.parse((await house.stowage(['show', '1.4.0/tool.zip', '--json'])).stdout);
    expect(record.createdBy).toMatch(/acme\/tool@9f2c1d7e run 123$/);
    const channels = JSON.parse((await house.stowage(['channel', 'ls', '--json'])).stdout);
    expect(channels.items).toMatchObject([{ channel: 'stable', versionId: '1.4.0' }]);
  });

  test('shows no secret: its token is masked before anything else could print it', async () => {
    const ran = await main({ files: 'tool.zip', version: '1.4.1' });
    const ended = await post(ran);

    const { token = 'none' } = ran.state;
    expect(ran.log).toContain(`::add-mask::${token}`);
    expect(token).toMatch(/^stw_/);
    const rest = [shown(ran), shown(ended), ran.summary, JSON.stringify(ran.outputs)].join('\n');
    expect(rest).not.toContain(token);
    expect(rest).not.toMatch(/stw_[\w-]{30}/);
  });

  test('leaves a version a draft with draft: true', async () => {
    const ran = await main({ files: 'tool.zip', version: '1.5.0', draft: 'true' });
    await post(ran);

    const versions = JSON.parse((await house.stowage(['ls', '--json'])).stdout);
    expect(ran.code).toBe(0);
    expect(versions.items).toContainEqual(
      expect.objectContaining({ versionId: '1.5.0', draft: true }),
    );
  });

  test('ends its token also where a file could not be published, and says which', async () => {
    await house.write('taken.zip', 'first');
    await house.stowage(['push', 'taken.zip', '--version', '1.6.0']);
    await house.write('taken.zip', 'second');
    const before = await tokenIds();

    const ran = await main({ files: 'taken.zip', version: '1.6.0' });
    await post(ran);

    expect(ran.code).toBe(1);
    expect(ran.log).toMatch(/^::error title=Stowage::.*taken\.zip/m);
    expect(await tokenIds()).toEqual(before);
  });

  test('publishes with a token that it is given, and leaves that token as it is', async () => {
    const token = house.server.adminToken;

    const ran = await main({ files: 'tool.zip', version: '1.7.0', token });
    const ended = await post(ran);

    expect(ran.code).toBe(0);
    expect(ran.log).toContain(`::add-mask::${token}`);
    expect(Object.keys(ran.state)).toEqual(['isPost']);
    expect(ended).toMatchObject({ code: 0, log: '' });
    expect((await house.stowage(['whoami'])).code).toBe(0);
  });

  test('without id-token: write, says which permission the job needs', async () => {
    const ran = await main(
      { files: 'tool.zip', version: '1.8.0' },
      { ACTIONS_ID_TOKEN_REQUEST_URL: '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' },
    );

    expect(ran.code).toBe(1);
    expect(ran.log).toMatch(/permissions: \{ id-token: write, contents: read \}/);
  });

  test('that no rule lets in names the claim that does not match', async () => {
    runner.changed = { repository: 'acme/other' };

    const ran = await main({ files: 'tool.zip', version: '1.8.0' });

    expect(ran.code).toBe(1);
    expect(ran.log).toMatch(/claim repository must be "acme\/tool"/);
  });

  test.each([
    [{ files: '' }, /the input files is missing/],
    [{ files: 'tool.zip' }, /the input version is missing, and this job runs for no tag/],
    [{ files: 'tool.zip', version: '1', draft: 'yes' }, /draft must be true or false, got "yes"/],
    [{ files: 'x', version: '1', draft: 'true', channel: 'stable' }, /draft can not be in a chan/],
    [{ files: 'tool.zip', version: '1', url: 'releases' }, /must begin with http/],
    [{ files: 'none.zip', version: '1' }, /none\.zip/],
  ])('with %j fails before it has sent anything, and says why', async (inputs, why) => {
    const ran = await main(inputs);
    await post(ran);

    expect(ran).toMatchObject({ code: 1, log: expect.stringMatching(why) });
    expect(await tokenIds()).toHaveLength(1);
  });

  test('takes no file name as a command of the log or as a cell of the summary', async () => {
    await house.write('::set-output name=x::<b>.zip', 'named by an attacker');

    const ran = await main({ files: './::set*', version: '1.9.0' });
    await post(ran);

    expect(ran.log.match(/^::(?!add-mask|error)/m)).toBeNull();
    expect(ran.summary).not.toContain('<b>');
  });
});

test('the committed file is what npm run build:action makes of the sources', async () => {
  const built = await bundleAction();

  const committed = await Promise.all(
    Object.keys(built).map(async (name) => [
      name,
      await readFile(join(ACTION_FOLDER, name), 'utf8'),
    ]),
  );

  // Not toEqual: it would print the whole bundle.
  const stale = committed.filter(([name = '', text]) => built[name] !== text).map(([name]) => name);
  expect({ stale, remedy: 'npm run build:action' }).toEqual({
    stale: [],
    remedy: 'npm run build:action',
  });
});
