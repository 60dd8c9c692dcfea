/** Requests to CloudFront: sent as its SDK client sends them, repeated where that helps, and never misread. */
import {
  CreateKeyGroupCommand,
  CreatePublicKeyCommand,
  DeleteKeyGroupCommand,
  DeletePublicKeyCommand,
  GetKeyGroupCommand,
  GetPublicKeyCommand,
  ListPublicKeysCommand,
  UpdateKeyGroupCommand,
} from '@aws-sdk/client-cloudfront';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CloudFront } from '../../../storage/cdn/cloudfront.ts';
import { cloudFrontClient } from '../../../storage/cdn/cloudfront-client.ts';
import { CloudFrontKeyGroups } from '../../../storage/cdn/cloudfront-key-groups.ts';
import { CloudFrontPublicKeys } from '../../../storage/cdn/cloudfront-public-keys.ts';
import { type Call, FakeAws, type Fault } from './fake-aws.ts';

const NAME = 'pair <1> & "more"';
const PEM = '-----BEGIN PUBLIC KEY-----\none\n-----END PUBLIC KEY-----\n';
const KEY_COMMENT = 'Made by Stowage; its private half is in the keyring';
const GROUP_COMMENT = 'Made by Stowage; its keys are those of the keyring';

let aws: FakeAws;
let publicKeys: CloudFrontPublicKeys;
let groups: CloudFrontKeyGroups;
beforeEach(async () => {
  aws = await FakeAws.listen();
  const cloudFront = new CloudFront({ ...aws.options, pause: async () => {} });
  publicKeys = new CloudFrontPublicKeys(cloudFront);
  groups = new CloudFrontKeyGroups(cloudFront);
});
afterEach(() => aws.close());

/** What `work` asks of CloudFront; XML with every character written plainly, and no declaration. */
async function asked(work: () => Promise<unknown>): Promise<readonly Call[]> {
  const calls: Call[] = [];
  aws.fault = (call) => {
    const body = call.body.replace(/^<\?xml[^>]*>/, '').replace(/&#x0?A;/gi, '\n');
    calls.push({
      ...call,
      body: body
        .replace(/&(?:#34|quot);/g, '"')
        .replace(/&#38;/g, '&amp;')
        .replace(/&#60;/g, '&lt;')
        .replace(/&#62;/g, '&gt;'),
    });
    return undefined;
  };
  await work();
  aws.fault = () => undefined;
  return calls;
}

test('each request is the one that the client of the SDK sends', async () => {
  const sdk = cloudFrontClient(aws.options);
  const PublicKeyConfig = {
    CallerReference: NAME,
    Name: NAME,
    EncodedKey: PEM,
    Comment: KEY_COMMENT,
  };
  const groupOf = (...Items: string[]) => ({ Name: 'group', Items, Comment: GROUP_COMMENT });
  const theirs = await asked(async () => {
    await sdk.send(new CreatePublicKeyCommand({ PublicKeyConfig }));
    await sdk.send(new CreateKeyGroupCommand({ KeyGroupConfig: groupOf('K1') }));
    await sdk.send(new GetKeyGroupCommand({ Id: 'G2' }));
    await sdk.send(
      new UpdateKeyGroupCommand({ Id: 'G2', IfMatch: '1', KeyGroupConfig: groupOf('K1', 'K1') }),
    );
    await sdk.send(new GetKeyGroupCommand({ Id: 'G2' }));
    await sdk.send(new DeleteKeyGroupCommand({ Id: 'G2', IfMatch: '2' }));
    await sdk.send(new ListPublicKeysCommand({}));
    await sdk.send(new GetPublicKeyCommand({ Id: 'K1' }));
    await sdk.send(new DeletePublicKeyCommand({ Id: 'K1', IfMatch: 'E1' }));
  });
  sdk.destroy();
  await aws.close();
  aws = await FakeAws.listen();
  const cloudFront = new CloudFront(aws.options);
  publicKeys = new CloudFrontPublicKeys(cloudFront);
  groups = new CloudFrontKeyGroups(cloudFront);

  const ours = await asked(async () => {
    const keyId = await publicKeys.register(NAME, PEM);
    const group = groups.group(await groups.ensure('group', [keyId]));
    await group.write([keyId, keyId], await group.read());
    await groups.remove('G2');
    await publicKeys.remove({ name: NAME });
  });

  expect(ours).toEqual(theirs);
});

test.each(['eu-central-1', 'us-east-1', 'cn-north-1', 'cn-northwest-1'])(
  'requests go to the endpoint that the SDK finds in %s',
  (region) => {
    const sdk = cloudFrontClient({ region });
    const { url } = sdk.config.endpointProvider({
      Region: region,
      UseFIPS: false,
      UseDualStack: false,
    });
    sdk.destroy();

    const { credentials } = aws.options;
    expect(new CloudFront({ region, credentials }).host).toBe(url.host);
  },
);

describe('a request that fails once', () => {
  /** Fails the first of each request, so that all are sent twice. */
  function failFirst(fault: Fault): void {
    const seen = new Set<string>();
    aws.fault = ({ method, path }) => {
      const isFirst = !seen.has(`${method} ${path}`);
      seen.add(`${method} ${path}`);
      return isFirst ? fault : undefined;
    };
  }

  test.each<[string, Fault]>([
    ['by throttling', { status: 400, code: 'Throttling' }],
    ['by an error of CloudFront', { status: 503, code: 'ServiceUnavailable' }],
    ['because its answer is lost', 'cut'],
  ])('%s is sent again, and leaves what one request would', async (_, fault) => {
    failFirst(fault);

    const keyId = await publicKeys.register('pair-1', PEM);
    const groupId = await groups.ensure('group', [keyId]);
    expect([await groups.keysOf(groupId), await groups.find('group')]).toEqual([[keyId], groupId]);
    expect([aws.publicKeys.size, aws.groups.size]).toEqual([1, 1]);

    await groups.remove(groupId);
    await publicKeys.remove({ name: 'pair-1', keyId });
    expect([aws.publicKeys.size, aws.groups.size]).toEqual([0, 0]);
  });
});

describe('a request that keeps failing', () => {
  test.each<[string, Fault, string]>([
    ['by throttling', { status: 400, code: 'Throttling' }, 'takes no more requests'],
    ['by an error of CloudFront', { status: 500, code: 'InternalFailure' }, "can't be reached"],
    ['because the connection breaks', 'cut', "can't be reached"],
    ['for want of a permission', { status: 403, code: 'AccessDenied' }, 'access is denied'],
    ['at a quota', { status: 400, code: 'TooManyPublicKeys' }, 'raise the quota'],
  ])('%s is UNAVAILABLE, and says what helps', async (_, fault, advice) => {
    aws.fault = () => fault;

    const failure = { code: 'UNAVAILABLE', message: expect.stringContaining(advice) };
    await expect(publicKeys.register('pair-1', PEM)).rejects.toMatchObject(failure);
    await expect(groups.group('G1').read()).rejects.toMatchObject(failure);
    await expect(groups.find('group')).rejects.toMatchObject(failure);
  });

  test('with an answer that is none of CloudFront is not taken for a group without keys', async () => {
    aws.fault = () => ({ status: 200, code: '<html>Sign in</html>' });

    await expect(groups.group('G1').read()).rejects.toThrow('the answer is none of CloudFront');
    await expect(publicKeys.remove({ name: 'pair-1' })).rejects.toThrow(
      'the answer is none of CloudFront',
    );
  });
});
