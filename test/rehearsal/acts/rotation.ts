/** The keys of the CDN: who may sign, and that they are replaced while links are asked for and followed, none of which is refused. */
import { GetKeyGroupCommand, ListPublicKeysCommand } from '@aws-sdk/client-cloudfront';
import { beforeAll, expect, test } from '@jest/globals';
import { Visit } from '../../e2e/service-contract/visit.ts';
import type { DeployedStack } from '../../support/deployed/deployed-stack.ts';
import { openDeployed } from '../deployed-target.ts';
import { functionLogs } from '../function-logs.ts';
import { letKeysAge, readKeyring } from '../keyring.ts';

interface RotationAnswer {
  readonly taken?: { readonly kind: string; readonly outcome: string; readonly reason?: string };
}

const HELLO = Buffer.from('hello, world');
const DAY_SECONDS = 86_400;

export function describeRotation(deployed: () => DeployedStack): void {
  let visit: Visit;
  beforeAll(async () => {
    visit = new Visit(await openDeployed(deployed()));
    await visit.publish('hello', HELLO);
  });
  const follow = async (link: string) => (await visit.target.send(link)).status;

  test('the key group holds the public halves of the keyring, one that signs and one that waits', async () => {
    const ring = await readKeyring(deployed());

    expect(ring.map(({ state }) => state).sort()).toEqual(['joining', 'signing']);
    expect(await trustedKeys(deployed())).toEqual(ring.map(({ keyId }) => keyId).sort());
  });

  test('a link without a signature, with another one, or with one of an untrusted key opens nothing', async () => {
    const link = new URL(await visit.link('hello.bin'));
    const changed = (change: (query: URLSearchParams) => void) => {
      const url = new URL(link);
      change(url.searchParams);
      return follow(url.href);
    };

    expect([
      await follow(link.href),
      await follow(link.origin + link.pathname),
      await changed((query) => query.set('Expires', String(Number(query.get('Expires')) + 1))),
      await changed((query) => query.set('Key-Pair-Id', 'KSTRANGER')),
      await changed((query) => query.set('Hash-Algorithm', 'SHA1')),
    ]).toEqual([200, 403, 403, 403, 403]);
  });

  test('a rotation refuses no link: not of before, not of the meantime, not of afterwards', async () => {
    const stack = deployed();
    const [before, old] = [await visit.link('hello.bin'), await readKeyring(stack)];
    const statuses: number[] = [];
    const steps: string[] = [];
    const rotate = async (order: object) => {
      const { taken } = await stack
        .function('DownloadsRotationRotate')
        .invoke<RotationAnswer>(order);
      steps.push(`${taken?.kind} ${taken?.outcome}`);
      statuses.push(await follow(before), await follow(await visit.link('hello.bin')));
    };

    await rotate({ rotate: true });
    // The spare must have been in the group for an hour.
    await letKeysAge(stack, 3600);
    for (const order of [{ rotate: true }, {}, {}, {}, {}]) await rotate(order);

    expect(steps).toEqual([
      'promote waiting',
      'promote done',
      'make done',
      'register done',
      'join done',
      expect.stringMatching(/ waiting$/),
    ]);
    expect(new Set(statuses)).toEqual(new Set([200]));
    const ring = await readKeyring(stack);
    expect(ring.map(({ state }) => state).sort()).toEqual(['joining', 'leaving', 'signing']);
    expect(ring.find(({ state }) => state === 'signing')?.keyId).toBe(spareOf(old));
  });

  test('a key leaves once its links have expired; then they open nothing, and the new ones do', async () => {
    const stack = deployed();
    const [before, leaving] = [
      await visit.link('hello.bin'),
      (await readKeyring(stack)).find(isLeaving),
    ];
    const rotate = stack.function('DownloadsRotationRotate');

    await letKeysAge(stack, DAY_SECONDS);
    const steps = [await rotate.invoke<RotationAnswer>(), await rotate.invoke<RotationAnswer>()];
    // A function reads the keyring again after some minutes; a new one reads it at its start.
    let after = '';
    await stack.function('Download').withSettings({ LOG_LEVEL: 'debug' }, async () => {
      after = await visit.link('hello.bin');
    });

    expect(steps.map(({ taken }) => taken?.kind)).toEqual(['leave', 'forget']);
    expect([await follow(before), await follow(after)]).toEqual([403, 200]);
    expect(await trustedKeys(stack)).toEqual(
      (await readKeyring(stack)).map(({ keyId }) => keyId).sort(),
    );
    const { PublicKeyList } = await stack.cloudFront.send(new ListPublicKeysCommand({}));
    expect(PublicKeyList?.Items?.map(({ Id }) => Id)).not.toContain(leaving?.keyId);
  });

  test('no private key, no token and no signature is in any log', async () => {
    const logs = (await functionLogs(deployed().account)).join('\n');
    const secrets = (await readKeyring(deployed())).map(({ privateKeyPem }) =>
      privateKeyPem.slice(40, 100),
    );

    expect(logs).toMatch(/keys of the CDN/);
    expect(logs).not.toMatch(/PRIVATE KEY|Signature=|X-Amz-Signature/);
    for (const secret of [...secrets, visit.target.adminToken]) expect(logs).not.toContain(secret);
  });
}

const isLeaving = ({ state }: { readonly state: string }) => state === 'leaving';

function spareOf(ring: Awaited<ReturnType<typeof readKeyring>>): string | undefined {
  return ring.find(({ state }) => state === 'joining')?.keyId;
}

async function trustedKeys(stack: DeployedStack): Promise<readonly string[]> {
  const { KeyGroup } = await stack.cloudFront.send(
    new GetKeyGroupCommand({ Id: stack.output('KeyGroupId') }),
  );
  return [...(KeyGroup?.KeyGroupConfig?.Items ?? [])].sort();
}
