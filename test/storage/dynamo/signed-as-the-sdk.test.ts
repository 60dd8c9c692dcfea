/** Signed requests that a client of the SDK lends its account to: they go where it sends, as who it is. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { dynamoClient } from '../../../storage/dynamo/dynamo-client.ts';
import type { DynamoRequests } from '../../../storage/dynamo/requests.ts';

const NAMES = [
  'AWS_ENDPOINT_URL_DYNAMODB',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
];

let server: Server;
let url: string;
let seen: IncomingHttpHeaders[];
let folder: string;
let before: Readonly<Record<string, string | undefined>>;
beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    seen.push(request.headers);
    request.resume();
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), 'stowage-profile-'));
  before = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));
  for (const name of NAMES) delete process.env[name];
});
afterEach(async () => {
  for (const [name, value] of Object.entries(before))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  await rm(folder, { recursive: true });
});

/** Region, key and session token of the requests that both clients sent. */
async function askedBy(sdk: ReturnType<typeof dynamoClient>): Promise<readonly unknown[]> {
  const signed = await sdk.signed();
  const ask = (client: DynamoRequests) =>
    client.request('GetItem', { TableName: 'releases', Key: { pk: { S: 'V' } } });
  await ask(sdk);
  await ask(signed);
  signed.destroy();
  sdk.destroy();
  return seen.map((headers) => [
    headers.host,
    /Credential=(\w+)\/\d+\/([\w-]+)\/dynamodb/.exec(headers.authorization ?? '')?.slice(1),
    headers['x-amz-security-token'],
  ]);
}

const host = () => new URL(url).host;

test('options come first', async () => {
  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = 'http://127.0.0.1:1';
  const credentials = { accessKeyId: 'OPTION', secretAccessKey: 's', sessionToken: 'token' };
  const sdk = dynamoClient({ region: 'eu-north-1', endpoint: url, credentials });

  const one = [host(), ['OPTION', 'eu-north-1'], 'token'];
  expect(await askedBy(sdk)).toEqual([one, one]);
});

test('then variables', async () => {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'VARIABLE',
    AWS_SECRET_ACCESS_KEY: 's',
  });

  const one = [host(), ['VARIABLE', 'eu-west-1'], undefined];
  expect(await askedBy(dynamoClient())).toEqual([one, one]);
});

test('then the profile', async () => {
  const file = join(folder, 'config');
  await writeFile(
    file,
    `[profile p]\nregion = eu-west-3\nendpoint_url = ${url}\naws_access_key_id = PROFILE\naws_secret_access_key = s\n`,
  );
  Object.assign(process.env, {
    AWS_CONFIG_FILE: file,
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
    AWS_PROFILE: 'p',
  });

  const one = [host(), ['PROFILE', 'eu-west-3'], undefined];
  expect(await askedBy(dynamoClient())).toEqual([one, one]);
});
