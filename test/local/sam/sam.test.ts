/** `sam local start-api` accepts what `npm run sam` writes, and its function serves a package. */
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROUTES } from '../../../api/routes.ts';
import { samCli, templateCheckers } from '../../../tools/servers/template-checkers.ts';
import { cleanEnvironment } from '../../support/server-process.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const run = promisify(execFile);

interface FunctionProperties {
  readonly CodeUri: string;
  readonly Handler: string;
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
}

let folder: string;
let functions: readonly (readonly [string, FunctionProperties])[];
let paths: Readonly<Record<string, object>>;
let variables: Readonly<Record<string, Readonly<Record<string, string>>>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-sam-'));
  await run(process.execPath, [join(ROOT, 'tools', 'sam.ts'), folder], { cwd: ROOT });
  const { Resources } = JSON.parse(await readFile(join(folder, 'template.json'), 'utf8'));
  const resources: [string, { Type: string; Properties: FunctionProperties }][] =
    Object.entries(Resources);
  functions = resources
    .filter(([, { Type }]) => Type === 'AWS::Serverless::Function')
    .map(([name, { Properties }]) => [name, Properties]);
  paths = Resources.Api.Properties.DefinitionBody.paths;
  variables = JSON.parse(await readFile(join(folder, 'env.json'), 'utf8'));
  // It bundles.
});

afterAll(() => rm(folder, { recursive: true }));

/** The folder of the code with the handler `index.handler`. */
function codeOf({ CodeUri, Handler }: FunctionProperties): string {
  return join(folder, CodeUri, `${Handler.split('.')[0]}.mjs`);
}

describe('the template', () => {
  test('has the code of every function', () => {
    expect(functions).toHaveLength(1);
    for (const [, properties] of functions) expect(existsSync(codeOf(properties))).toBe(true);
  });

  test('routes every operation, the storage gateway, and what no route takes', () => {
    for (const { path, methods } of Object.values(ROUTES)) {
      expect(Object.keys(paths[path] ?? {})).toEqual(
        expect.arrayContaining(methods.map((method) => method.toLowerCase())),
      );
    }
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/blobs/{proxy+}', '/$default']));
  });

  test('names every variable of the environment file, which SAM would leave out otherwise, and holds none', () => {
    for (const [name, { Environment }] of functions) {
      expect(Object.keys(Environment.Variables).sort()).toEqual(
        Object.keys(variables[name] ?? {}).sort(),
      );
      expect(Object.values(Environment.Variables).filter((value) => value !== '')).toEqual([]);
      expect(variables[name]).toMatchObject({ STORAGE_TYPE: 'local' });
    }
  });

  test('leaves the file with the admin token to its owner', async () => {
    expect((await stat(join(folder, 'env.json'))).mode & 0o777).toBe(0o600);
  });
});

(templateCheckers.isThere() ? describe : describe.skip)('sam validate', () => {
  test('takes the template', async () => {
    const args = [
      'validate',
      '--lint',
      '--region',
      'us-east-1',
      '--template',
      join(folder, 'template.json'),
    ];
    const env = { ...process.env, SAM_CLI_TELEMETRY: '0', AWS_EC2_METADATA_DISABLED: 'true' };

    const { stdout } = await run(samCli(), args, { env });

    expect(stdout).toContain('is a valid SAM Template');
  });
});

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The function in a process, called by events as `sam local` makes them. */
class Container {
  readonly #child: ChildProcess;
  #calls = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(bundle: string, env: Readonly<Record<string, string>>): Promise<Container> {
    const child = fork(
      join(import.meta.dirname, 'lambda-process.ts'),
      [pathToFileURL(bundle).href],
      {
        env: cleanEnvironment(env),
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      },
    );
    await once(child, 'message');
    return new Container(child);
  }

  async call(
    method: string,
    url: string,
    headers: Record<string, string> = {},
    body: string | Buffer = '',
  ): Promise<Answer> {
    const { pathname, search } = new URL(url, 'http://127.0.0.1:3000');
    const event = {
      version: '2.0',
      routeKey: '$default',
      // Flask hands the path over decoded and the query as it came.
      rawPath: decodeURIComponent(pathname),
      rawQueryString: search.slice(1),
      headers: { Host: '127.0.0.1:3000', 'X-Forwarded-Port': '3000', ...headers },
      requestContext: { http: { method, path: pathname } },
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
    };
    const id = ++this.#calls;
    this.#child.send({ id, event });
    const [{ result }] = await once(this.#child, 'message');
    return { ...result, body: Buffer.from(result.body, 'base64').toString() };
  }

  async stop(): Promise<void> {
    this.#child.kill();
    await once(this.#child, 'exit');
  }
}

describe('the function', () => {
  let container: Container;
  let token: string;

  beforeAll(async () => {
    const [[name, properties] = ['', undefined]] = functions;
    if (properties === undefined) throw new Error('the template has no function');
    const env = { ...variables[name], STORAGE_LOCAL_PATH: join(folder, 'files') };
    token = variables[name]?.['ADMIN_TOKEN'] ?? '';
    container = await Container.start(codeOf(properties), env);
  });

  afterAll(() => container.stop());

  test('reports that it is healthy', async () => {
    expect(await container.call('GET', '/healthz')).toMatchObject({
      statusCode: 200,
      body: expect.stringContaining('"ok"'),
    });
  });

  test('answers an unknown path with a problem', async () => {
    expect(await container.call('GET', '/nowhere')).toMatchObject({
      statusCode: 404,
      headers: expect.objectContaining({ 'content-type': 'application/problem+json' }),
    });
  });

  test('takes a package in and hands it out, through the storage gateway beside the handlers', async () => {
    const bytes = Buffer.from('one release of a product\n');
    const authorization = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const announced = {
      packageId: 'linux',
      filename: 'a b+c.zip',
      size: bytes.length,
      sha256: sha256(bytes),
    };

    const created = await container.call(
      'POST',
      '/v1/versions/1.0+1/packages',
      authorization,
      JSON.stringify(announced),
    );
    expect(created.statusCode).toBe(201);
    const { request } = JSON.parse(created.body).upload;
    expect(request.url).toMatch(/^http:\/\/127\.0\.0\.1:3000\/blobs\//);
    expect((await container.call('PUT', request.url, request.headers, bytes)).statusCode).toBe(200);
    const completed = await container.call(
      'POST',
      '/v1/versions/1.0+1/packages/linux/complete',
      authorization,
    );
    expect(JSON.parse(completed.body)).toMatchObject({ package: { state: 'available' } });

    const link = await container.call('GET', '/packages/1.0+1/linux.zip', authorization);
    expect(link.statusCode).toBe(302);
    const download = await container.call('GET', link.headers['location'] ?? '');
    expect(download).toMatchObject({ statusCode: 200, body: bytes.toString() });
    expect(download.headers['content-disposition']).toContain('a b+c.zip');
  });
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
