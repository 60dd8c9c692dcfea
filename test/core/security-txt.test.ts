/** security.txt keeps RFC 9116 at any time. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { securityTxt } from '../../core/security-txt.ts';

const YEAR_MS = 365 * 86_400_000;
const contact = { contact: 'mailto:security@example.com' };

function expiresOf(text: string): number {
  return Date.parse(/^Expires: (.+)$/m.exec(text)?.[1] ?? '');
}

test('it expires in the future, in less than a year, whenever it is asked for', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      (now) => {
        const left =
          expiresOf(securityTxt(contact, 'https://files.example.com', now)) - now.getTime();

        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThan(YEAR_MS);
      },
    ),
  );
});

test('it stays the same for a day', () => {
  const at = (time: string) => securityTxt(contact, 'https://files.example.com', new Date(time));

  expect(at('2026-11-22T00:00:00.000Z')).toBe(at('2026-11-22T23:59:59.999Z'));
  expect(at('2026-11-22T23:59:59.999Z')).not.toBe(at('2026-11-23T00:00:00.000Z'));
});

test('a service that is not reached by https names no canonical address, which must be one', () => {
  expect(securityTxt(contact, 'http://127.0.0.1:8787', new Date())).not.toContain('Canonical');
});
