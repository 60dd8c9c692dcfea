/**
 * `--stack NAME`: the CLI finds a deployed service by its stack, and works on what only AWS
 * credentials reach.
 */

import { mkdir, rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { parseToken } from '../../core/access/access.ts';
import { Authenticator } from '../../core/access/authenticator.ts';
import { type RotationOrder, runRotation } from '../../lambda/cdn-keys/run-rotation.ts';
import { DynamoCatalog } from '../../storage/dynamo/dynamo-catalog.ts';
import { CdnWorld, SETTINGS } from '../core/cdn-keys/cdn-world.ts';
import { DynamoServer } from '../storage/dynamo/harness.ts';
import { FakeStack } from './fake-stack.ts';
import { House, type Ran, runCli, temporaryFolder } from './house.ts';

let folder: string;
let stack: FakeStack;
beforeEach(async () => {
  folder = await temporaryFolder();
  await mkdir(folder, { recursive: true });
  stack = await FakeStack.listen();
  stack.outputs = { ApiUrl: 'http://127.0.0.1:1', Region: 'eu-central-1' };
});
afterEach(async () => {
  await stack.close();
  await rm(folder, { recursive: true, force: true });
});

function stowage(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return runCli(words, { cwd: folder, env: { ...stack.env, ...env } });
}

describe('a command with --stack', () => {
  let house: House;
  beforeAll(async () => {
    house = await House.open();
  });
  afterAll(() => house.close());

  test('goes to the URL in the outputs of the stack, with the token that is found', async () => {
    stack.outputs = { ApiUrl: house.proxy.url };

    const ran = await stowage(['ls', '--stack', 'dev', '--json'], {
      STOWAGE_TOKEN: house.server.adminToken,
    });

    expect({ ...ran, stdout: JSON.parse(ran.stdout) }).toEqual({
      code: 0,
      stdout: { items: [] },
      stderr: '',
    });
  });

  test('says where the URL comes from when nothing answers there', async () => {
    const ran = await stowage(['ls', '--stack', 'dev'], { STOWAGE_TOKEN: 'stw_x' });

    expect([ran.code, ran.stderr]).toEqual([
      1,
      expect.stringContaining('http://127.0.0.1:1 comes from stack dev'),
    ]);
  });
});

describe('a stack', () => {
  test('that is not there is named, with the region', async () => {
    const ran = await stowage(['ls', '--stack', 'prod'], { STOWAGE_TOKEN: 'stw_x' });

    expect(ran).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'stowage: there is no stack prod in eu-central-1 of the account that the AWS credentials are of (NOT_FOUND)\n',
    });
  });

  test('of something else than Stowage is named as such', async () => {
    stack.outputs = { Queue: 'x' };

    const ran = await stowage(['ls', '--stack', 'dev'], { STOWAGE_TOKEN: 'stw_x' });

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('stack dev has no output ApiUrl; its outputs: Queue');
    expect(ran.stderr).toContain('is it a stack of Stowage?');
  });

  test('that the credentials may not read is a failure that says so', async () => {
    stack.refusal = { status: 403, code: 'AccessDenied', message: 'not you' };

    const ran = await stowage(['ls', '--stack', 'dev'], { STOWAGE_TOKEN: 'stw_x' });

    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('access is denied')]);
  });

  test('is looked for in a region, which must be set', async () => {
    const ran = await stowage(['ls', '--stack', 'dev'], { AWS_REGION: '', STOWAGE_TOKEN: 'stw_x' });

    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('no AWS region is set')]);
  });

  test('and a URL at the same time are misuse', async () => {
    const ran = await stowage(['ls', '--stack', 'dev', '--url', 'http://127.0.0.1:1']);

    expect([ran.code, ran.stderr]).toEqual([
      2,
      expect.stringContaining('give --url or --stack, not both'),
    ]);
  });
});

describe('a stack whose first deployment failed', () => {
  const doctor = () => stowage(['doctor', '--stack', 'dev']);
  beforeEach(() => {
    stack.status = 'ROLLBACK_COMPLETE';
    stack.outputs = {};
  });

  test('is named as such, with the resource that failed first', async () => {
    stack.failures = [
      ['Api', 'Resource creation cancelled'],
      ['DownloadsCdn', 'Rate exceeded'],
    ];

    for (const { code, stderr } of [await doctor(), await stowage(['ls', '--stack', 'dev'])]) {
      expect(code).toBe(1);
      expect(stderr).toContain('the first deployment of stack dev failed (ROLLBACK_COMPLETE)');
      expect(stderr).toContain('DownloadsCdn: Rate exceeded');
      expect(stderr).not.toContain('cancelled');
    }
  });

  test('in an account that may make no distribution yet says what to do', async () => {
    stack.failures = [
      [
        'DownloadsCdn',
        'Your account must be verified before you can add new CloudFront resources. Contact AWS Support',
      ],
    ];

    const { stderr } = await doctor();

    expect(stderr).toContain('ask AWS Support to verify the account');
    expect(stderr).toContain(`-c settings='{"downloads":"s3"}'`);
  });

  test('is named as such also where its events may not be read', async () => {
    stack.failures = undefined;

    const { stderr } = await doctor();

    expect(stderr).toContain('the first deployment of stack dev failed (ROLLBACK_COMPLETE)');
    expect(stderr).toContain('aws cloudformation describe-stack-events --stack-name dev');
  });
});

describe('token create --stack', () => {
  let server: DynamoServer;
  beforeAll(async () => {
    server = await DynamoServer.start();
  });
  afterAll(() => server.stop());

  test('writes an admin token into the table, and shows nothing else on stdout', async () => {
    const tableName = await server.newTable();
    stack.outputs = { ...stack.outputs, TableName: tableName };

    const ran = await stowage(
      ['token', 'create', '--stack', 'dev', '--name', 'first', '--scope', 'admin'],
      {
        AWS_ENDPOINT_URL_DYNAMODB: server.endpoint,
      },
    );

    const catalog = new DynamoCatalog({ client: server.client(), tableName });
    const principal = await new Authenticator(catalog, () => new Date()).authenticate(
      ran.stdout.trim(),
    );
    await catalog.close();
    expect([ran.code, principal]).toMatchObject([
      0,
      { name: 'first', scopes: ['admin'], createdBy: 'stowage' },
    ]);
    const days = (Date.parse(principal.expiresAt ?? '') - Date.now()) / 86_400_000;
    expect([days > 89, days <= 90]).toEqual([true, true]);
    expect(parseToken(ran.stdout.trim())?.tokenId).toBe(principal.tokenId);
  });

  test('keeps to versions and an expiry, and prints both with --json, but no hash', async () => {
    const tableName = await server.newTable();
    stack.outputs = { ...stack.outputs, TableName: tableName };
    const words = [
      'token',
      'create',
      '--stack',
      'dev',
      '--name',
      'ci',
      '--scope',
      'read',
      '--json',
    ];

    const ran = await stowage(
      [...words, '--versions', '1.*', '--expires', '2040-01-01T00:00:00Z'],
      {
        AWS_ENDPOINT_URL_DYNAMODB: server.endpoint,
      },
    );

    const made = JSON.parse(ran.stdout);
    expect(made).toMatchObject({
      scopes: ['read'],
      versions: '1.*',
      expiresAt: '2040-01-01T00:00:00.000Z',
    });
    expect(made.token).toMatch(/^stw_/);
    expect(made).not.toHaveProperty('secretSha256');
    expect(made).not.toHaveProperty('makers');
  });

  test('needs no token, and takes none', async () => {
    const words = [
      'token',
      'create',
      '--stack',
      'dev',
      '--name',
      'x',
      '--scope',
      'read',
      '--token-file',
      'x',
    ];

    expect((await stowage(words)).code).toBe(2);
  });
});

describe('cdn-keys', () => {
  let world: CdnWorld;
  beforeEach(async () => {
    world = await CdnWorld.opened();
    stack.outputs = { Region: 'eu-central-1', RotateFunction: 'rotate' };
    const log = pino({ level: 'silent' });
    stack.answer = async (order) => ({
      body: await runRotation(world.deps(), order as RotationOrder, log, () => {}),
    });
  });

  test('show prints the state of every key and the next step, and changes nothing', async () => {
    const ran = await stowage(['cdn-keys', 'show', '--stack', 'dev']);

    expect(ran).toEqual({
      code: 0,
      stdout:
        'NAME    KEY       STATE    SINCE                     TRUSTED\n' +
        'pair-1  K-pair-1  signing  2026-01-02T03:04:05.000Z  yes\n' +
        'pair-2  K-pair-2  joining  2026-01-02T03:04:05.000Z  yes\n' +
        'next: let the spare sign, due 2026-04-02T03:04:05.000Z\n',
      stderr: '',
    });
    expect(stack.calls).toMatchObject([
      {
        path: '/2015-03-31/functions/rotate/invocations',
        body: '{"show":true}',
        headers: {
          authorization: expect.stringMatching(
            /^AWS4-HMAC-SHA256 Credential=test\/\d{8}\/eu-central-1\/lambda\//,
          ),
        },
      },
    ]);
  });

  test('rotate lets the spare sign, and says when the old key leaves', async () => {
    world.pass(SETTINGS.overlapSeconds);

    const ran = await stowage(['cdn-keys', 'rotate', '--stack', 'dev']);

    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('done: let pair-2 sign\n');
    expect(ran.stdout).toContain(
      'leaving  2026-01-02T04:04:05.000Z  yes      leaves 2026-01-02T05:14:05.000Z\n',
    );
    expect(world.keyring.keys.map(({ state }) => state)).toEqual(['leaving', 'signing']);
  });

  test('distrust takes a key that leaves out of what the CDN trusts', async () => {
    world.pass(SETTINGS.overlapSeconds);
    await stowage(['cdn-keys', 'rotate', '--stack', 'dev']);

    const ran = await stowage(['cdn-keys', 'distrust', 'pair-1', '--stack', 'dev']);

    expect([ran.code, ran.stdout]).toEqual([
      0,
      expect.stringContaining('done: let the CDN trust pair-1 no more\n'),
    ]);
    expect(world.keyIds).toEqual(['K-pair-2']);
  });

  test('rotate says when it can be done where it is too early', async () => {
    const ran = await stowage(['cdn-keys', 'rotate', '--stack', 'dev']);

    expect([ran.code, ran.stdout]).toEqual([
      0,
      expect.stringContaining(
        'nothing can be done before 2026-01-02T04:04:05.000Z: let the spare sign\n',
      ),
    ]);
  });

  test('rotate fails where the CDN refuses the new key, and says that nothing is lost', async () => {
    world.pass(SETTINGS.overlapSeconds);
    world.canaryAnswer = 'status 403 (AccessDenied)';

    const ran = await stowage(['cdn-keys', 'rotate', '--stack', 'dev']);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(
      'the CDN does not serve what the new key signs: status 403 (AccessDenied)',
    );
    expect(ran.stderr).toContain('the old key goes on signing');
  });

  test('prints the whole answer with --json, and no private key', async () => {
    const ran = await stowage(['cdn-keys', 'show', '--stack', 'dev', '--json']);

    expect(JSON.parse(ran.stdout)).toMatchObject({
      keys: [{ name: 'pair-1' }, { name: 'pair-2' }],
      next: { kind: 'promote' },
    });
    expect(ran.stdout).not.toContain('PRIVATE');
  });

  test.each([
    [
      'that fails',
      {
        headers: { 'x-amz-function-error': 'Unhandled' },
        body: { errorMessage: 'public key x fails' },
      },
      'failed: public key x fails',
    ],
    [
      'that may not be called',
      { status: 403, body: { Message: 'not you' } },
      "can't be called: 403 not you",
    ],
  ])('of a function %s is a failure with its words', async (_, answer, said) => {
    stack.answer = async () => answer;

    const ran = await stowage(['cdn-keys', 'show', '--stack', 'dev']);

    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining(`function rotate ${said}`)]);
  });

  test('of a stage without a CDN says that there are none', async () => {
    stack.outputs = { Region: 'eu-central-1' };

    const ran = await stowage(['cdn-keys', 'show', '--stack', 'dev']);

    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('has no keys of a CDN')]);
  });

  test('without a stack is misuse', async () => {
    expect((await stowage(['cdn-keys', 'show'])).code).toBe(2);
  });
});
