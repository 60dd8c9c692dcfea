/** Which step of the rotation comes next, and when it became due. */
import { describe, expect, test } from '@jest/globals';
import { makePrivateKeyPem } from '../../../core/cdn-keys/key-pair.ts';
import type { CdnKey } from '../../../core/cdn-keys/keyring.ts';
import { leavingTime, nextStep } from '../../../core/cdn-keys/next-step.ts';
import { SETTINGS } from './cdn-world.ts';

const PEM = makePrivateKeyPem();
const START = Date.UTC(2026, 0, 2);
const at = (hour: number) => new Date(START + hour * 3_600_000).toISOString();
const moment = (hour: number) => new Date(at(hour));
const own = (name: string) => ({ name, privateKeyPem: PEM });
const joined = (name: string) => ({ ...own(name), keyId: name, joinedAt: at(1) });

const signing: CdnKey = { ...joined('SIGNS'), state: 'signing', signingSince: at(2) };
const spare: CdnKey = { ...joined('SPARE'), state: 'joining', joinedAt: at(3) };
const leaving = (hour: number, name = 'LEAVES'): CdnKey => ({
  ...joined(name),
  ...{ state: 'leaving', signingSince: at(1), leavingSince: at(2), leavesAt: at(hour) },
});
/** The hour at which SETTINGS let the spare replace the signer. */
const OLD = 2 + SETTINGS.maxAgeSeconds / 3600;

function next(keys: readonly CdnKey[], hour: number, outside: readonly string[] = []): object {
  const group = keys.flatMap(({ keyId }) => keyId ?? []).filter((one) => !outside.includes(one));
  const step = nextStep({ keys, unreadable: [] }, group, moment(hour), SETTINGS);
  const hourDue = (step.dueAt.getTime() - START) / 3_600_000;
  const subject = step.kind === 'wait' ? step.next : 'key' in step ? step.key.name : undefined;
  return [step.kind, subject, hourDue];
}

describe('the next step', () => {
  test('is to bring a needed key back to the group, due since it had joined', () => {
    expect(next([signing, spare], 9, ['SIGNS'])).toEqual(['join', 'SIGNS', 1]);
    expect(next([signing, spare, leaving(9)], 8, ['LEAVES'])).toEqual(['join', 'LEAVES', 1]);
    expect(next([leaving(9), signing, spare], 9, ['SIGNS'])).toEqual(['join', 'SIGNS', 1]);
  });

  test('takes a key that may leave out of the group, then out of the keyring, due since then', () => {
    expect(next([signing, spare, leaving(7)], 7)).toEqual(['leave', 'LEAVES', 7]);
    expect(next([signing, spare, leaving(7)], 9, ['LEAVES'])).toEqual(['forget', 'LEAVES', 7]);
  });

  test('removes a spare that can not be read, due now', () => {
    const torn: CdnKey = { ...spare, privateKeyPem: 'torn' };

    expect(next([signing, torn], 9)).toEqual(['leave', 'SPARE', 9]);
    expect(next([signing, torn], 9, ['SPARE'])).toEqual(['forget', 'SPARE', 9]);
  });

  test('makes, registers and joins a spare, due since the signer signs', () => {
    const made: CdnKey = { ...own('SPARE'), state: 'joining' };

    expect(next([signing], 9)).toEqual(['make', undefined, 2]);
    expect(next([signing, made], 9)).toEqual(['register', 'SPARE', 2]);
    expect(next([signing, { ...made, keyId: 'SPARE' }], 9)).toEqual(['join', 'SPARE', 2]);
    expect(next([signing, spare], 9, ['SPARE'])).toEqual(['join', 'SPARE', 2]);
  });

  test('is due now in a keyring without a signer', () => {
    const made: CdnKey = { ...own('SPARE'), state: 'joining' };

    expect(next([], 9)).toEqual(['make', undefined, 9]);
    expect(next([made], 9)).toEqual(['register', 'SPARE', 9]);
    expect(next([{ ...made, keyId: 'SPARE' }], 9)).toEqual(['join', 'SPARE', 9]);
    expect(next([spare], 9)).toEqual(['promote', 'SPARE', 4]);
  });

  test('lets the spare sign when the signer is old and the spare known everywhere', () => {
    expect(next([signing, spare], 9)).toEqual(['wait', 'promote', OLD]);
    expect(next([signing, spare], OLD)).toEqual(['promote', 'SPARE', OLD]);
    const late: CdnKey = { ...spare, joinedAt: at(OLD) };
    expect(next([signing, late], OLD)).toEqual(['wait', 'promote', OLD + 1]);
  });

  test('waits for the first of the keys that leave, if that comes before the spare signs', () => {
    const leaves = [leaving(11, 'LATE'), leaving(10, 'EARLY')];

    expect(next([signing, spare, ...leaves], 9)).toEqual(['wait', 'leave', 10]);
    expect(next([signing, spare, leaving(OLD + 1)], 9)).toEqual(['wait', 'promote', OLD]);
  });

  test('makes no key more than a key group takes', () => {
    const three = [leaving(10, 'A'), leaving(11, 'B'), leaving(12, 'C')];

    expect(next([signing, ...three], 9)).toEqual(['make', undefined, 2]);
    expect(next([signing, ...three, leaving(13, 'D')], 9)).toEqual(['wait', 'leave', 10]);
    const late = ['A', 'B', 'C', 'D'].map((name) => leaving(20, name));
    expect(next([signing, ...late], 9)).toEqual(['wait', 'leave', 10]);
  });
});

test('a key that stops signing leaves when its last link has expired on the slowest clock', () => {
  const { linkTtlSeconds, staleSeconds } = SETTINGS;
  const seconds = linkTtlSeconds + staleSeconds + 300;

  expect(leavingTime(moment(0), SETTINGS)).toEqual(new Date(START + seconds * 1000));
});
