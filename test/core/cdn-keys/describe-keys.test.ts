/** What people are shown of the CDN's keys. */
import { expect, test } from '@jest/globals';
import { describeKeys, describeStep } from '../../../core/cdn-keys/describe-keys.ts';
import { makePrivateKeyPem } from '../../../core/cdn-keys/key-pair.ts';
import type { Keyring } from '../../../core/cdn-keys/keyring.ts';
import { SETTINGS } from './cdn-world.ts';

const at = (hour: number) => `2026-01-02T${String(hour).padStart(2, '0')}:00:00.000Z`;
const PEM = makePrivateKeyPem();
const joined = (name: string) => ({
  name,
  keyId: `K-${name}`,
  privateKeyPem: PEM,
  joinedAt: at(1),
});

const keyring: Keyring = {
  keys: [
    { ...joined('one'), state: 'signing', signingSince: at(3) },
    {
      ...joined('old'),
      ...{ state: 'leaving', signingSince: at(2), leavingSince: at(3), leavesAt: at(9) },
    },
    { name: 'new', privateKeyPem: 'torn', state: 'joining' },
  ],
  unreadable: [{ state: 'resting' }],
};
const described = describeKeys(
  keyring,
  ['K-one', 'K-old', 'K-stranger'],
  new Date(at(5)),
  SETTINGS,
);

test('each key is shown by its state, with the time when it entered that', () => {
  expect(described.keys).toEqual([
    {
      ...{ name: 'one', keyId: 'K-one', state: 'signing', since: at(3) },
      ...{ isInGroup: true, isReadable: true },
    },
    {
      ...{ name: 'old', keyId: 'K-old', state: 'leaving', since: at(3), leavesAt: at(9) },
      ...{ isInGroup: true, isReadable: true },
    },
    { name: 'new', state: 'joining', isInGroup: false, isReadable: false },
  ]);
});

test('a spare is shown since it joined, and as outside where the group does not hold it', () => {
  const keys = [{ ...joined('spare'), state: 'joining' as const }];

  expect(describeKeys({ keys, unreadable: [] }, [], new Date(at(5)), SETTINGS).keys).toEqual([
    {
      ...{ name: 'spare', keyId: 'K-spare', state: 'joining', since: at(1) },
      ...{ isInGroup: false, isReadable: true },
    },
  ]);
});

test('unreadable entries are counted, and keys of the group that no keyring holds are named', () => {
  expect([described.unreadable, described.strangers]).toEqual([1, ['K-stranger']]);
});

test('private keys are not shown', () => {
  expect(JSON.stringify(described)).not.toMatch(/PRIVATE|torn/);
});

test('what comes next is named with its key and its time, a wait by what it waits for', () => {
  const dueAt = new Date(at(7));

  expect(described.next).toEqual({ kind: 'forget', key: 'new', dueAt: at(5) });
  expect(describeStep({ kind: 'make', dueAt })).toEqual({ kind: 'make', dueAt: at(7) });
  expect(describeStep({ kind: 'wait', next: 'promote', dueAt })).toEqual({
    ...{ kind: 'promote', dueAt: at(7) },
  });
});
