/** API.md says what the construct's sources say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { apiPage, membersIn } from '../../tools/release/api-page.ts';

const root = join(import.meta.dirname, '..', '..');

test('API.md is up to date (npm run api)', () => {
  expect(readFileSync(join(root, 'API.md'), 'utf8')).toBe(apiPage(root));
});

test('a member is read with its type, its words and its default', () => {
  const source = `export class A extends B {
  /** What it
   * is. @default none */
  readonly one?: string;
  readonly #two: string;

  /** Does it. @throws Error */
  three(four: string = '{}'): void {
    return;
  }
}
export interface C {
  readonly five: number;
}`;

  expect(membersIn(source, 'export class A')).toEqual([
    { name: 'one', type: 'string', text: 'What it is.', default: 'none' },
    {
      name: 'three()',
      type: "(four: string = '{}') => void",
      text: 'Does it.',
      default: undefined,
    },
  ]);
});
