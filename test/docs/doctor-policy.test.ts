/** The policy in docs/operations.md has every right that `stowage doctor --stack` uses, and no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { RIGHTS } from '../../doctor/stack/gather/ask.ts';
import { doctorPolicy } from './doctor-policy.ts';

test('the documented policy is what the doctor asks for', () => {
  const { Statement } = doctorPolicy();

  const actions = Statement.flatMap(({ Action }) => Action);
  expect([...actions].sort()).toEqual([...RIGHTS].sort());
});

test('every right is one to read, except the call of the rotation function', () => {
  const others = RIGHTS.filter((right) => !/:(?:Get|List|Describe)/.test(right));

  expect(others).toEqual(['lambda:InvokeFunction']);
});

test('every right is used', () => {
  const folder = join(import.meta.dirname, '..', '..', 'doctor', 'stack', 'gather');
  const sources = ['bucket', 'cdn', 'running', 'stack', 'table'].map((name) =>
    readFileSync(join(folder, `${name}.ts`), 'utf8'),
  );

  const unused = RIGHTS.filter((right) => !sources.some((text) => text.includes(`'${right}'`)));
  // It is needed to find the stack at all.
  expect(unused).toEqual(['cloudformation:DescribeStacks']);
});
