/**
 * How a package is recalled on AWS: the tag on the version that was published, and an invalidation.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { packageKey, parseExt, parsePackageId, parseVersionId } from '../../../core/names.ts';
import { Invalidations } from '../../../storage/cdn/invalidations.ts';
import { S3Recall } from '../../../storage/cdn/s3-recall.ts';
import { S3Bucket } from '../../../storage/s3/bucket/s3-bucket.ts';
import { sdkS3 } from '../../../storage/s3/requests/sdk-client.ts';
import { FakeAws } from './fake-aws.ts';

const key = packageKey(parseVersionId('1.0.0+b1'), parsePackageId('tool'), parseExt('zip'));
const PATH = '/bucket/pre/packages/1.0.0%2Bb1/tool.zip';
const published = { etag: '"e"', objectVersion: 'v1' };

type Tags = Readonly<Record<string, string>>;

/** Tags of one object by version, as S3 keeps them. */
let tags: Map<string, Tags>;
let seen: string[];
let orders = 0;
let s3: Server;
let aws: FakeAws;
let recall: S3Recall;
beforeEach(async () => {
  tags = new Map([['v1', {}]]);
  seen = [];
  aws = await FakeAws.listen();
  s3 = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '', 'http://s3');
    const version = url.searchParams.get('versionId') ?? 'latest';
    seen.push(`${request.method} ${url.pathname} ${version}`);
    const there = tags.get(version);
    if (there === undefined) return void response.writeHead(404).end(errorXml('NoSuchVersion'));
    if (request.method === 'PUT') tags.set(version, tagsIn(Buffer.concat(chunks).toString()));
    if (request.method === 'DELETE') tags.set(version, {});
    response
      .writeHead(request.method === 'DELETE' ? 204 : 200)
      .end(request.method === 'GET' ? tagXml(there) : '');
  });
  s3.listen(0, '127.0.0.1');
  await once(s3, 'listening');
  recall = recallOf('DIST');
});
afterEach(async () => {
  s3.closeAllConnections();
  s3.close();
  await aws.close();
});

function recallOf(distributionId: string): S3Recall {
  const endpoint = `http://127.0.0.1:${(s3.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const where = { bucket: 'bucket', region: 'us-east-1', endpoint, credentials, prefix: 'pre' };
  const invalidations = new Invalidations({
    distributionId,
    credentials: async () => credentials,
    region: 'eu-central-1',
    endpoint: aws.url,
    newId: () => `order-${++orders}`,
  });
  return new S3Recall({
    bucket: new S3Bucket({ ...where, addressing: 'path', integrity: 'checksum' }, sdkS3),
    invalidations,
  });
}

function tagsIn(xml: string): Tags {
  return Object.fromEntries(
    [...xml.matchAll(/<Key>(.*?)<\/Key><Value>(.*?)<\/Value>/g)].map(([, k, v]) => [k, v]),
  );
}

function tagXml(there: Tags): string {
  const set = Object.entries(there).map(
    ([k, v]) => `<Tag><Key>${k}</Key><Value>${v}</Value></Tag>`,
  );
  return `<Tagging><TagSet>${set.join('')}</TagSet></Tagging>`;
}

function errorXml(code: string): string {
  return `<Error><Code>${code}</Code><Message>no</Message></Error>`;
}

describe('what is withheld', () => {
  test('has the tag on the published version, and costs no invalidation alone', async () => {
    await recall.withhold(key, published);

    expect(tags.get('v1')).toEqual({ 'stowage-yanked': 'true' });
    expect(seen).toEqual([`GET ${PATH} v1`, `PUT ${PATH} v1`]);
    expect(aws.invalidations).toEqual([]);
  });

  test('keeps tags of others, and loses ours alone when it is released', async () => {
    tags.set('v1', { team: 'tools' });

    await recall.withhold(key, published);
    const withheld = tags.get('v1');
    await recall.release(key, published);

    expect([withheld, tags.get('v1')]).toEqual([
      { team: 'tools', 'stowage-yanked': 'true' },
      { team: 'tools' },
    ]);
  });

  test('may be withheld and released again', async () => {
    await recall.withhold(key, published);
    await recall.withhold(key, published);
    const withheld = tags.get('v1');
    await recall.release(key, published);
    await recall.release(key, published);

    expect([withheld, tags.get('v1')]).toEqual([{ 'stowage-yanked': 'true' }, {}]);
  });

  test('and is gone is no failure', async () => {
    tags.clear();

    await expect(recall.withhold(key, published)).resolves.toBeUndefined();
  });

  test('in a bucket without versions is the object that is there', async () => {
    tags.set('latest', {});

    await recall.withhold(key, { etag: '"e"' });

    expect(tags.get('latest')).toEqual({ 'stowage-yanked': 'true' });
  });
});

test.each([
  ['is not there', 'NONE', undefined, 'CDN_DISTRIBUTION_ID'],
  [
    'takes no more orders',
    'DIST',
    { status: 400, code: 'TooManyInvalidationsInProgress' },
    'try again',
  ],
] as const)(
  'a distribution that %s is UNAVAILABLE, and says what to do',
  async (_, id, fault, advice) => {
    aws.fault = () => fault;

    await expect(recallOf(id).forget(key)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(advice),
    });
  },
);

test('all packages of a version are forgotten at the price of one path, in one request', async () => {
  await recall.forgetVersion(parseVersionId('1.0.0'));

  expect([aws.invalidations, aws.seen.length]).toEqual([['/packages/1.0.0/*'], 1]);
});

test('a version with a plus is forgotten by both ways to write it', async () => {
  await recall.forgetVersion(parseVersionId('1.0.0+b1'));

  expect([aws.invalidations, aws.seen.length]).toEqual([
    ['/packages/1.0.0%2Bb1/*', '/packages/1.0.0+b1/*'],
    1,
  ]);
});

test('an order whose answer is lost is sent again, and is one order', async () => {
  let isLost = false;
  aws.fault = () => {
    if (isLost) return undefined;
    isLost = true;
    return 'cut';
  };

  await recall.forget(key);

  expect(aws.invalidations).toEqual([
    '/packages/1.0.0%2Bb1/tool.zip',
    '/packages/1.0.0+b1/tool.zip',
  ]);
  expect(aws.seen).toHaveLength(2);
});

test('an order that is refused is not sent again', async () => {
  aws.fault = () => ({ status: 403, code: 'AccessDenied' });

  await expect(recall.forget(key)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('access is denied'),
  });
  expect(aws.seen).toHaveLength(1);
});

test('a CDN that can not be reached is UNAVAILABLE', async () => {
  aws.fault = () => 'cut';

  await expect(recall.forget(key)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining("distribution DIST can't be reached"),
  });
});
