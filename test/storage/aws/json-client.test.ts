/** Signed JSON requests: as the SDK signs them, retried as it retries, with a clock that may be wrong. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import type { AwsClientOptions } from '../../../storage/aws/aws-client.ts';
import { JsonClient } from '../../../storage/aws/json-client.ts';
import { DYNAMODB } from '../../../storage/aws/json-services.ts';
import { HeaderSigner } from '../../../storage/sigv4/header-signer.ts';
import { NodeSha256 } from '../../../storage/sigv4/node-sha256.ts';
import { sha256Of } from '../../fixtures/sha256-of.ts';

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the server does with the next request; without one, it answers `{"done":true}`. */
type Step =
  | { readonly status: number; readonly body: string; readonly date?: string }
  | 'cut'
  | 'hang';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/+=' };
/** So long that a slow machine does not make a request late. */
const PATIENCE_MS = 60_000;
const NOW = Date.parse('2026-11-28T12:00:00Z');

let server: Server;
let steps: Step[];
let seen: Seen[];
let pauses: number[];
let client: JsonClient;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    seen.push({ headers: request.headers, body: await text(request) });
    const step = steps.shift() ?? { status: 200, body: '{"done":true}' };
    if (step === 'cut') return request.socket.destroy();
    if (step === 'hang') return undefined;
    const date = step.date ?? new Date(NOW).toUTCString();
    return response.writeHead(step.status, { date }).end(step.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

beforeEach(() => {
  steps = [];
  seen = [];
  pauses = [];
  client = clientWith();
});

afterEach(() => client.destroy());

function clientWith(options: Partial<AwsClientOptions> = {}): JsonClient {
  return new JsonClient(DYNAMODB, {
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: KEYS,
    timeoutMs: PATIENCE_MS,
    maxAttempts: 5,
    now: () => NOW,
    pause: async (milliseconds) => void pauses.push(milliseconds),
    ...options,
  });
}

function refused(name: string, status = 400): Step {
  return { status, body: JSON.stringify({ __type: `com.amazonaws.x#${name}`, message: 'no' }) };
}

const send = (one = client) => one.send('GetItem', { TableName: 'tëxt' });

test('a signature is that of the SDK, with any credentials, time, path, query and headers', () =>
  fc.assert(
    fc.asyncProperty(
      fc.record({
        secretAccessKey: fc.string({ minLength: 1, maxLength: 40 }),
        sessionToken: fc.option(fc.stringMatching(/^[!-~]{1,60}$/), { nil: undefined }),
        now: fc.date({
          min: new Date('2020-01-01'),
          max: new Date('2035-01-01'),
          noInvalidDate: true,
        }),
        region: fc.constantFrom('us-east-1', 'cn-north-1'),
        body: fc.string(),
        value: fc.stringMatching(/^[ -~]{1,30}$/),
        query: fc.dictionary(fc.stringMatching(/^[a-zA-Z-]{1,8}$/), fc.string({ maxLength: 9 })),
      }),
      async ({ now, region, body, value, query, ...keys }) => {
        const { sessionToken, secretAccessKey } = keys;
        const credentials = {
          accessKeyId: 'AKIDEXAMPLE',
          secretAccessKey,
          ...(sessionToken === undefined ? {} : { sessionToken }),
        };
        const headers = { 'content-type': 'application/json', 'x-amz-target': value };
        const signer = new SignatureV4({
          credentials,
          region,
          service: 'dynamodb',
          sha256: NodeSha256,
        });
        const theirs = await signer.sign(
          {
            method: 'POST',
            protocol: 'https:',
            hostname: 'h.test',
            path: '/',
            query,
            headers: { ...headers, host: 'h.test', 'x-amz-content-sha256': sha256Of(body) },
            body,
          },
          { signingDate: now },
        );

        const ours = new HeaderSigner(region, 'dynamodb').sign(
          {
            method: 'POST',
            host: 'h.test',
            query,
            headers: { ...headers, 'x-amz-content-sha256': sha256Of(body) },
            sha256: sha256Of(body),
          },
          credentials,
          now,
        );

        expect(ours.headers).toEqual(theirs.headers);
      },
    ),
  ));

describe('a request', () => {
  test('names its operation, and its answer is what was sent', async () => {
    expect(await send()).toEqual({ done: true });

    expect(seen).toEqual([
      {
        headers: expect.objectContaining({
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'DynamoDB_20120810.GetItem',
          'x-amz-date': '20261128T120000Z',
          authorization: expect.stringMatching(
            /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20261128\/eu-central-1\/dynamodb\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}$/,
          ),
        }),
        body: '{"TableName":"tëxt"}',
      },
    ]);
  });

  test('signs the session token, and reads the credentials for each try', async () => {
    let reads = 0;
    const credentials = async () => ({ ...KEYS, sessionToken: `token-${++reads}` });
    steps = [refused('ThrottlingException')];

    await send(clientWith({ credentials }));

    expect(seen.map(({ headers }) => headers['x-amz-security-token'])).toEqual([
      'token-1',
      'token-2',
    ]);
    expect(seen[0]?.headers.authorization).toContain(';x-amz-security-token;');
  });
});

describe('a failed request', () => {
  test.each<[string, Step]>([
    ['throttling', refused('ProvisionedThroughputExceededException')],
    ['throttling by status', { status: 429, body: '' }],
    ['a fault of the server', refused('InternalServerError', 500)],
    ['a proxy without a server', { status: 502, body: '<html>' }],
    ['a broken connection', 'cut'],
  ])('is sent again after %s', async (_, step) => {
    steps = [step, step];

    expect(await send()).toEqual({ done: true });
    expect([seen.length, pauses.length]).toEqual([3, 2]);
  });

  test('is sent five times, with pauses that double at most, longer after throttling', async () => {
    steps = Array.from({ length: 9 }, () => refused('ThrottlingException'));
    await expect(send()).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: 'no',
      $metadata: { httpStatusCode: 400, attempts: 5 },
    });
    expect(seen).toHaveLength(5);
    for (const [index, pause] of pauses.entries()) expect(pause).toBeLessThan(500 * 2 ** index);

    steps = Array.from({ length: 9 }, () => refused('InternalServerError', 500));
    pauses = [];
    await expect(send()).rejects.toMatchObject({ $metadata: { attempts: 5 } });
    for (const [index, pause] of pauses.entries()) expect(pause).toBeLessThan(100 * 2 ** index);
  });

  test.each(['ConditionalCheckFailedException', 'ValidationException', 'AccessDeniedException'])(
    'is not sent again after %s',
    async (name) => {
      steps = [refused(name)];

      await expect(send()).rejects.toMatchObject({ name, $metadata: { attempts: 1 } });
      expect(seen).toHaveLength(1);
    },
  );

  test('is given up when nothing answers in time, and sent again', async () => {
    steps = ['hang', 'hang'];
    const impatient = clientWith({ timeoutMs: 30, maxAttempts: 2 });

    await expect(send(impatient)).rejects.toMatchObject({
      name: 'TimeoutError',
      $metadata: { attempts: 2 },
    });
    impatient.destroy();
  });

  test('is no longer sent again when most requests fail', async () => {
    // 500 are set aside for retries, and each takes 5 of them: 25 requests with 4 retries.
    for (let index = 0; index < 25; index++) {
      steps = Array.from({ length: 5 }, () => refused('InternalServerError', 500));
      await expect(send()).rejects.toMatchObject({ $metadata: { attempts: 5 } });
    }
    steps = [refused('InternalServerError', 500)];
    await expect(send()).rejects.toMatchObject({ $metadata: { attempts: 1 } });
  });
});

describe('a clock that is wrong', () => {
  const theirs = new Date(NOW + 3_600_000).toUTCString();

  test('is corrected by the date of the answer, and the request signed again', async () => {
    steps = [{ ...(refused('InvalidSignatureException') as object), date: theirs } as Step];

    expect(await send()).toEqual({ done: true });

    expect(seen.map(({ headers }) => headers['x-amz-date'])).toEqual([
      '20261128T120000Z',
      '20261128T130000Z',
    ]);
  });

  test('within five minutes is left, and a wrong signature is no reason to try again', async () => {
    const date = new Date(NOW + 200_000).toUTCString();
    steps = [{ ...(refused('InvalidSignatureException') as object), date } as Step];

    await expect(send()).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    expect(seen).toHaveLength(1);
  });
});
