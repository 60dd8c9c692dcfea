/** The keys of the CDN, moved on as `stowage cdn-keys rotate` does it. */
import { expect, test } from '@jest/globals';
import type { KeyringDescription, StepDescription } from '../../../core/cdn-keys/describe-keys.ts';
import { DeployedFunction } from '../../support/deployed/deployed-function.ts';
import { Visit } from '../service-contract/visit.ts';
import { openStack, remark, run, skipped, stack } from './run.ts';

type Answer = KeyringDescription & {
  readonly taken?: StepDescription & { readonly outcome: string; readonly reason?: string };
};

const HELLO = Buffer.from('hello, world');

export function describeKeys(): void {
  const ask = (order: object) =>
    new DeployedFunction(stack.account, run.outputs['RotateFunction'] ?? '').invoke<Answer>(order);

  test('the CDN trusts every key of the keyring, and no other', async () => {
    const { keys, strangers, unreadable, next } = await ask({ show: true });

    remark(`next: ${next.kind}, due ${next.dueAt}`);
    const trusted = keys.filter(({ isInGroup, isReadable }) => isInGroup && isReadable);
    expect(trusted.map(({ state }) => state)).toContain('signing');
    expect(keys.filter(({ isReadable }) => !isReadable)).toEqual([]);
    expect({ strangers, unreadable }).toEqual({ strangers: [], unreadable: 0 });
  });

  test('a rotation of the keys refuses no link', async () => {
    const here = new Visit(await openStack());
    await here.publish('hello', HELLO);
    const before = await here.link('hello.bin');

    const { taken } = await ask({ rotate: true });
    const after = await here.link('hello.bin');
    const statuses = [await here.target.send(before), await here.target.send(after)];

    expect(statuses.map(({ status }) => status)).toEqual([200, 200]);
    if (taken?.outcome === 'waiting')
      skipped(`the spare key is too young to sign: ${taken.kind} is due ${taken.dueAt}`);
    else expect([taken?.outcome, taken?.reason]).toEqual(['done', undefined]);
    if (taken?.outcome === 'done') remark(`done: ${taken.kind}`);
  });
}
