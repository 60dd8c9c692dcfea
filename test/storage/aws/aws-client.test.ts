/** Signed requests of any protocol: their endpoints, paths and refusals, as clients of the SDK have them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { AwsClient, type AwsClientOptions } from '../../../storage/aws/aws-client.ts';
import { callFunction, invokeFunction } from '../../../storage/aws/invoke-function.ts';
import { NodeSha256 } from '../../../storage/sigv4/node-sha256.ts';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/+=' };
const NOW = Date.parse('2026-11-28T12:00:00Z');

interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

let server: Server;
let seen: IncomingMessage[];
let answer: Refusal;
beforeEach(async () => {
  seen = [];
  answer = { status: 200, body: 'done' };
  server = createServer((request, response) => {
    seen.push(request);
    request.resume();
    const date = new Date(NOW).toUTCString();
    response.writeHead(answer.status, { date, ...answer.headers }).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function withClient<Result>(
  work: (client: AwsClient) => Promise<Result>,
  options: Partial<AwsClientOptions> = {},
): Promise<Result> {
  const client = new AwsClient('lambda', {
    region: 'eu-central-1',
    endpoint: endpoint(),
    credentials: KEYS,
    timeoutMs: 60_000,
    now: () => NOW,
    pause: async () => {},
    ...options,
  });
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}

test.each([
  'eu-central-1',
  'us-gov-west-1',
  'cn-north-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'us-isof-south-1',
  'eusc-de-east-1',
])('requests go to the endpoint that the SDK finds in %s', (region) => {
  const sdk = new CloudFormationClient({ region });
  const { url } = sdk.config.endpointProvider({
    Region: region,
    UseFIPS: false,
    UseDualStack: false,
  });
  sdk.destroy();

  const client = new AwsClient('cloudformation', { region, credentials: KEYS });

  expect(client.host).toBe(url.host);
  client.destroy();
});

test('a path is signed as the SDK signs it, encoded twice, with any query', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ minLength: 1, maxLength: 9 }), { maxLength: 3 }),
      fc.dictionary(fc.stringMatching(/^[a-zA-Z-]{1,8}$/), fc.string({ maxLength: 9 })),
      async (segments, query) => {
        const path = `/${segments.map((segment) => encodeURIComponent(`x${segment}`)).join('/')}`;
        seen = [];
        await withClient((client) => client.send({ method: 'GET', path, query }));

        const [{ url, headers } = {}] = seen;
        const signer = new SignatureV4({
          credentials: KEYS,
          region: 'eu-central-1',
          service: 'lambda',
          sha256: NodeSha256,
          applyChecksum: false,
        });
        const theirs = await signer.sign(
          {
            method: 'GET',
            protocol: 'http:',
            hostname: '127.0.0.1',
            path,
            query,
            headers: { host: headers?.host ?? '' },
          },
          { signingDate: new Date(NOW) },
        );
        const { pathname, searchParams } = new URL(url ?? '', endpoint());
        expect([pathname, Object.fromEntries(searchParams)]).toEqual([path, query]);
        expect(headers?.authorization).toBe(theirs.headers['authorization']);
      },
    ),
    { numRuns: 50 },
  ));

describe('a refusal has the name that is', () => {
  test.each<[string, Refusal]>([
    [
      'in a header',
      { status: 400, headers: { 'x-amzn-errortype': 'NoSuchThing:http://x' }, body: '{}' },
    ],
    ['in JSON', { status: 400, body: '{"__type":"com.amazonaws.x#NoSuchThing","message":"no"}' }],
    [
      'in XML',
      { status: 400, body: '<Error><Code>NoSuchThing</Code><Message>no</Message></Error>' },
    ],
  ])('%s', async (_, refusal) => {
    answer = refusal;

    await expect(withClient((client) => client.send({ method: 'GET' }))).rejects.toMatchObject({
      name: 'NoSuchThing',
      $metadata: { httpStatusCode: 400, attempts: 1 },
    });
  });
});

describe('a function', () => {
  const options = () => ({ region: 'eu-central-1', endpoint: endpoint(), credentials: KEYS });

  test('is called once, although the answer says to try again', async () => {
    answer = { status: 503, body: '{"Message":"busy"}' };

    await expect(invokeFunction('rotate', {}, options())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: "function rotate can't be called: 503 busy",
    });
    expect(seen).toHaveLength(1);
  });

  test('with an ARN for a name is called by its encoded name', async () => {
    answer = { status: 200, body: '{"done":true}' };

    expect(await callFunction('arn:aws:lambda:x', {}, options())).toEqual({ done: true });
    expect(seen[0]?.url).toBe('/2015-03-31/functions/arn%3Aaws%3Alambda%3Ax/invocations');
  });
});
