/** The CDN's keys as CloudFormation makes, keeps and removes them. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { changeKeys, type KeysResourceDeps } from '../../../lambda/cdn-keys/keys-resource.ts';
import { answerCloudFormation } from '../../../lambda/runtime/answer-cloudformation.ts';
import { CloudFront } from '../../../storage/cdn/cloudfront.ts';
import { CloudFrontKeyGroups } from '../../../storage/cdn/cloudfront-key-groups.ts';
import { CloudFrontPublicKeys } from '../../../storage/cdn/cloudfront-public-keys.ts';
import { SecretKeyring } from '../../../storage/cdn/secret-keyring.ts';
import { FakeAws } from '../../storage/cdn/fake-aws.ts';

let aws: FakeAws;
let names: number;
beforeEach(async () => {
  aws = await FakeAws.listen();
  names = 0;
});
afterEach(() => aws.close());

const common = {
  ServiceToken: 'arn:function',
  ResponseURL: 'http://127.0.0.1:1/answer',
  StackId: 'arn:stack',
  RequestId: 'request-1',
  LogicalResourceId: 'CdnKeys',
  ResourceType: 'Custom::CdnKeys',
};

function eventOf(
  RequestType: 'Create' | 'Update' | 'Delete',
  more: object = {},
): CloudFormationCustomResourceEvent {
  const ResourceProperties = { ServiceToken: 'arn:function', NamePrefix: 'stowage-dev' };
  return {
    ...common,
    RequestType,
    ResourceProperties,
    ...more,
  } as CloudFormationCustomResourceEvent;
}

function deps(): KeysResourceDeps {
  const cloudFront = new CloudFront(aws.options);
  return {
    keyring: new SecretKeyring({ secretId: 'keyring', isNew: true, ...aws.options }),
    publicKeys: new CloudFrontPublicKeys(cloudFront),
    keyGroups: new CloudFrontKeyGroups(cloudFront),
    clock: () => new Date('2026-01-02T03:04:05.000Z'),
    newName: (groupName) => `${groupName}-${++names}`,
    pause: async () => {},
  };
}

const change = (event: CloudFormationCustomResourceEvent) => changeKeys(event, deps);

async function made(): Promise<string> {
  return (await change(eventOf('Create'))).PhysicalResourceId;
}

describe('the resource of the keys', () => {
  test('is made: a group of two public keys, and a keyring in which one of them signs', async () => {
    const answer = await change(eventOf('Create'));

    const [[groupId, group] = []] = [...aws.groups];
    expect(answer).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: groupId,
      Data: { KeyGroupId: groupId },
    });
    expect(group).toMatchObject({ name: 'stowage-dev', keyIds: [...aws.publicKeys.keys()] });
    expect([...aws.publicKeys.values()].map(({ name }) => name)).toEqual([
      'stowage-dev-1',
      'stowage-dev-2',
    ]);
    expect(JSON.parse(aws.text).keys).toMatchObject([{ state: 'signing' }, { state: 'joining' }]);
  });

  test('is made once, however often the event comes, and answered alike', async () => {
    const first = await change(eventOf('Create'));
    const { text } = aws;

    expect(await change(eventOf('Create'))).toEqual(first);
    expect(aws.text).toBe(text);
    expect([aws.groups.size, aws.publicKeys.size]).toEqual([1, 2]);
  });

  test('exists once, when the event comes twice at the same time', async () => {
    const answers = await Promise.all([change(eventOf('Create')), change(eventOf('Create'))]);

    const [made] = answers.filter(({ Status }) => Status === 'SUCCESS');
    expect([...aws.groups.keys()]).toEqual([made?.PhysicalResourceId]);
    expect(JSON.parse(aws.text).keys).toMatchObject([{ state: 'signing' }, { state: 'joining' }]);
  });

  test('is kept by an update, whatever it changes', async () => {
    const PhysicalResourceId = await made();
    const { text } = aws;

    const answer = await change(
      eventOf('Update', {
        PhysicalResourceId,
        ResourceProperties: { NamePrefix: 'other' },
        OldResourceProperties: {},
      }),
    );

    expect(answer).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId,
      Data: { KeyGroupId: PhysicalResourceId },
    });
    expect([aws.text, aws.groups.size]).toEqual([text, 1]);
  });

  test('gets new keys by an update where its keyring was replaced by an empty one, into the same group', async () => {
    const PhysicalResourceId = await made();
    aws.current = undefined;
    aws.versions.clear();

    const answer = await change(eventOf('Update', { PhysicalResourceId }));

    expect(answer.PhysicalResourceId).toBe(PhysicalResourceId);
    expect(aws.groups.get(PhysicalResourceId)?.keyIds).toHaveLength(4);
    expect(JSON.parse(aws.text).keys).toMatchObject([{ state: 'signing' }, { state: 'joining' }]);
  });

  test('is removed also where its name would be another by now', async () => {
    const PhysicalResourceId = await made();
    const renamed = { PhysicalResourceId, ResourceProperties: { NamePrefix: 'other' } };

    expect(await change(eventOf('Delete', renamed))).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId,
    });

    expect([aws.groups.size, aws.publicKeys.size]).toEqual([0, 0]);
  });

  test('is removed, and removed again', async () => {
    const PhysicalResourceId = await made();

    const first = await change(eventOf('Delete', { PhysicalResourceId }));
    const second = await change(eventOf('Delete', { PhysicalResourceId }));

    expect([first, second]).toEqual([
      { Status: 'SUCCESS', PhysicalResourceId },
      { Status: 'SUCCESS', PhysicalResourceId },
    ]);
    expect([aws.groups.size, aws.publicKeys.size, JSON.parse(aws.text).keys]).toEqual([0, 0, []]);
  });

  test('is removed as soon as CloudFront lets go of it', async () => {
    const PhysicalResourceId = await made();
    let refusals = 0;
    aws.fault = ({ method, path }) => {
      const isRefused = method === 'DELETE' && path.startsWith('/key-group/') && refusals < 3;
      refusals += isRefused ? 1 : 0;
      return isRefused ? { status: 409, code: 'ResourceInUse' } : undefined;
    };

    expect((await change(eventOf('Delete', { PhysicalResourceId }))).Status).toBe('SUCCESS');
    expect([refusals, aws.groups.size, aws.publicKeys.size]).toEqual([3, 0, 0]);
  });

  test('is removed where its keyring is gone already', async () => {
    const PhysicalResourceId = await made();
    aws.fault = ({ path }) =>
      path.startsWith('secretsmanager.')
        ? { status: 400, code: 'InvalidRequestException' }
        : undefined;

    expect((await change(eventOf('Delete', { PhysicalResourceId }))).Status).toBe('SUCCESS');
    expect([aws.groups.size, aws.publicKeys.size]).toEqual([0, 0]);
  });

  test('stays where it is to be retained', async () => {
    const PhysicalResourceId = await made();
    const ResourceProperties = { NamePrefix: 'stowage-dev', Retain: 'true' };

    await change(eventOf('Delete', { PhysicalResourceId, ResourceProperties }));

    expect([aws.groups.size, aws.publicKeys.size]).toEqual([1, 2]);
  });
});

describe('a create', () => {
  test.each([
    ['POST', '/public-key', 403, 'AccessDenied'],
    ['POST', '/key-group', 403, 'AccessDenied'],
    ['POST', 'secretsmanager.GetSecretValue', 400, 'AccessDeniedException'],
  ])('waits for a policy that IAM still spreads: %s %s answers %i %s', async (...refused) => {
    const [method, path, status, code] = refused;
    let refusals = 0;
    aws.fault = (call) => {
      if (call.method !== method || call.path !== path || refusals === 3) return undefined;
      refusals += 1;
      return { status, code };
    };

    const answer = await change(eventOf('Create'));

    expect(answer.Status).toBe('SUCCESS');
    expect([refusals, aws.groups.size, aws.publicKeys.size]).toEqual([3, 1, 2]);
  });

  test('waits a minute at most, and so leaves CloudFormation time to remove what was made', async () => {
    const pauses: number[] = [];
    aws.fault = ({ path }) =>
      path === '/key-group' ? { status: 403, code: 'AccessDenied' } : undefined;

    const answer = await changeKeys(eventOf('Create'), () => ({
      ...deps(),
      pause: async (milliseconds) => void pauses.push(milliseconds),
    }));

    expect(answer.Status).toBe('FAILED');
    expect(pauses.slice(0, 5)).toEqual([2000, 4000, 8000, 16_000, 32_000]);
    // Together with the tries to remove what was made; the function has five minutes.
    expect(pauses.reduce((sum, one) => sum + one)).toBeLessThan(240_000);
  });
});

describe('a create that fails', () => {
  test('leaves nothing, says why without a key, and can be made again', async () => {
    aws.fault = ({ method, path }) =>
      method === 'POST' && path === '/key-group'
        ? { status: 403, code: 'AccessDenied' }
        : undefined;

    const failed = await change(eventOf('Create'));
    const left = [aws.groups.size, aws.publicKeys.size];
    aws.fault = () => undefined;

    expect(failed).toEqual({
      Status: 'FAILED',
      PhysicalResourceId: 'nothing-was-made',
      Reason: expect.stringContaining('key group stowage-dev access is denied'),
    });
    expect(JSON.stringify(failed)).not.toContain('PRIVATE');
    expect(left).toEqual([0, 0]);
    expect((await change(eventOf('Create'))).Status).toBe('SUCCESS');
  });

  test('is then deleted by CloudFormation without a fault', async () => {
    expect(
      await change(eventOf('Delete', { PhysicalResourceId: 'nothing-was-made' })),
    ).toMatchObject({
      Status: 'SUCCESS',
    });
  });

  test('for want of a property or of a setting says which', async () => {
    const nameless = await change(eventOf('Create', { ResourceProperties: {} }));
    const unset = await changeKeys(eventOf('Create'), () => {
      throw new Error('CDN_KEYRING: got nothing');
    });

    expect([nameless, unset]).toMatchObject([
      { Status: 'FAILED', Reason: 'property NamePrefix must be a text that is not empty' },
      { Status: 'FAILED', Reason: 'CDN_KEYRING: got nothing' },
    ]);
  });
});

test('the answer goes to the URL of the event, by PUT and without a type', async () => {
  const came: {
    readonly method: string | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly body: unknown;
  }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    came.push({
      method: request.method,
      headers: request.headers,
      body: JSON.parse(Buffer.concat(chunks).toString()),
    });
    response.writeHead(came.length === 1 ? 503 : 200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ResponseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`;

  await answerCloudFormation(eventOf('Create', { ResponseURL }), {
    Status: 'SUCCESS',
    PhysicalResourceId: 'G1',
    Data: { KeyGroupId: 'G1' },
  });
  server.close();

  expect(came).toHaveLength(2);
  expect(came[1]).toMatchObject({
    method: 'PUT',
    body: {
      Status: 'SUCCESS',
      PhysicalResourceId: 'G1',
      StackId: 'arn:stack',
      RequestId: 'request-1',
      LogicalResourceId: 'CdnKeys',
      Data: { KeyGroupId: 'G1' },
    },
  });
  expect(came[1]?.headers['content-type'] ?? '').toBe('');
});
