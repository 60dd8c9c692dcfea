/** Links through the CDN: keys that must be escaped, and files that are taken back. */
import { setTimeout as delay } from 'node:timers/promises';
import { GetInvalidationCommand, ListInvalidationsCommand } from '@aws-sdk/client-cloudfront';
import { expect, test } from '@jest/globals';
import { Visit } from '../service-contract/visit.ts';
import { openStack, remark, run, stack, untilStatus } from './run.ts';

const HELLO = Buffer.from('hello, world');
const NEXT_LOOK_MS = 2000;

export function describeCdn(): void {
  test('a key with + leads through the CDN to its bytes', async () => {
    const here = new Visit(await openStack());
    await here.publish('hello', HELLO);

    const link = new URL(await here.link('hello.bin'));
    const answer = await here.target.send(link.href);

    expect([link.host, link.pathname.includes('%2B')]).toEqual([run.outputs['CdnDomain'], true]);
    expect([answer.status, answer.body]).toEqual([200, HELLO]);
  });

  test('a link whose file an edge has cached stops after a yank, and opens again on restore', async () => {
    const here = new Visit(await openStack());
    await here.publish('hello', HELLO);
    const link = await here.link('hello.bin');
    await here.target.send(link);
    const cached = await here.target.send(link);

    await here.admin.json('POST', here.path('/packages/hello/yank'));
    const stopped = await untilStatus(link, 403);
    await here.admin.json('POST', here.path('/packages/hello/restore'));
    const opened = await untilStatus(link, 200);

    remark(
      `${cached.headers['x-cache'] ?? 'x-cache: none'}; stopped after ${stopped.seconds} s, opened after ${opened.seconds} s`,
    );
    expect(opened.answer.body).toEqual(HELLO);
  });

  test('the invalidation of a yank completes', async () => {
    const here = new Visit(await openStack());
    await here.publish('hello', HELLO);
    const began = performance.now();

    await here.admin.json('POST', here.path('/packages/hello/yank'));
    const id = await invalidationOf(here.versionId.replace('+', '%2B'));
    while ((await readInvalidation(id))?.Status !== 'Completed') await delay(NEXT_LOOK_MS);

    remark(`completed after ${((performance.now() - began) / 1000).toFixed(0)} s`);
    expect(id).not.toBe('');
  });
}

/** The newest invalidation with a path of this version; they are listed newest first. */
async function invalidationOf(version: string): Promise<string> {
  for (;;) {
    const { InvalidationList } = await stack.cloudFront.send(
      new ListInvalidationsCommand({ DistributionId: distribution(), MaxItems: 20 }),
    );
    for (const { Id = '' } of InvalidationList?.Items ?? []) {
      const paths = (await readInvalidation(Id))?.InvalidationBatch?.Paths?.Items ?? [];
      if (paths.some((path) => path.includes(version))) return Id;
    }
    await delay(NEXT_LOOK_MS);
  }
}

async function readInvalidation(Id: string) {
  const { Invalidation } = await stack.cloudFront.send(
    new GetInvalidationCommand({ DistributionId: distribution(), Id }),
  );
  return Invalidation;
}

function distribution(): string {
  return stack.output('DistributionId');
}
