/** How many failed tokens are allowed, by address and in all, and what is logged about them. */
import { expect, test } from '@jest/globals';
import { addressGroup } from '../../core/access/address-group.ts';
import { FailedTokens } from '../../core/access/failed-tokens.ts';

const LIMITS = { perAddress: { burst: 2, perSecond: 1 }, inAll: { burst: 4, perSecond: 1 } };

function counting() {
  const time = { seconds: 1000 };
  const failures = new FailedTokens(() => new Date(time.seconds * 1000), LIMITS);
  const isTooMany = (address: string) => failures.add(address) !== undefined;
  return { failures, time, isTooMany };
}

test('an address may fail a few times at once, then once a second', () => {
  const { time, isTooMany } = counting();

  expect([isTooMany('a'), isTooMany('a'), isTooMany('a')]).toEqual([false, false, true]);
  time.seconds++;
  expect([isTooMany('a'), isTooMany('a')]).toEqual([false, true]);
});

test('an address that fails too often takes nothing from the others', () => {
  const { isTooMany } = counting();
  for (let count = 0; count < 100; count++) isTooMany('a');

  expect([isTooMany('b'), isTooMany('b')]).toEqual([false, false]);
});

test('all addresses together may fail only so often', () => {
  const { time, isTooMany } = counting();

  expect(['a', 'b', 'c', 'd', 'e'].map(isTooMany)).toEqual([false, false, false, false, true]);
  time.seconds++;
  expect(['f', 'g'].map(isTooMany)).toEqual([false, true]);
});

test('a clock that goes back gives nothing and takes nothing', () => {
  const { time, isTooMany } = counting();
  isTooMany('a');
  time.seconds -= 500;

  expect([isTooMany('a'), isTooMany('a')]).toEqual([false, true]);
});

test('a report says who failed how often since the last one, the worst first', () => {
  const { failures, isTooMany } = counting();
  isTooMany('b');
  for (let count = 0; count < 3; count++) isTooMany('a');

  expect(failures.takeReport()).toEqual({
    failed: 4,
    throttled: 1,
    failedSinceStart: 4,
    addresses: [
      { address: 'a', failed: 3, throttled: 1 },
      { address: 'b', failed: 1, throttled: 0 },
    ],
  });
  expect(failures.takeReport()).toBeUndefined();
  isTooMany('a');
  expect(failures.takeReport()).toMatchObject({ failed: 1, failedSinceStart: 5 });
});

test('more addresses than can be remembered are counted in sum', () => {
  const { failures } = counting();
  for (let index = 0; index < 20_000; index++) failures.add(`10.0.${index >> 8}.${index & 255}`);

  const report = failures.takeReport();

  expect([report?.failed, report?.addresses.length]).toEqual([20_000, 10_000]);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:0db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['', ''],
])('%s belongs to %s', (address, group) => {
  expect(addressGroup(address)).toBe(group);
});
