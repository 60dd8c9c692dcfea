/** `--stack` finds a Stowage among the outputs of whatever stack holds it. */
import { expect, test } from '@jest/globals';
import { outputsOfStowage } from '../../../storage/aws/stowage-outputs.ts';

function outputsOf(id: string): Readonly<Record<string, string>> {
  const names = ['ApiUrl', 'TableName', 'BucketName', 'Region'];
  return Object.fromEntries(names.map((name) => [`${id}${name}`, `${name} of ${id}`]));
}

test('that of a stage has outputs without a prefix', () => {
  expect(outputsOfStowage('Stowage-dev', outputsOf(''))).toEqual(outputsOf(''));
});

test('the only one of a stack needs no id, whatever else the stack outputs', () => {
  const outputs = { ...outputsOf('Packages'), ShopApiUrl: 'https://shop.example.com' };

  expect(outputsOfStowage('Mine', outputs)).toEqual({
    ApiUrl: 'ApiUrl of Packages',
    TableName: 'TableName of Packages',
    BucketName: 'BucketName of Packages',
    Region: 'Region of Packages',
  });
});

test('of several one is chosen by its id', () => {
  const outputs = { ...outputsOf('Packages'), ...outputsOf('Betas') };

  expect(outputsOfStowage('Mine', outputs, 'Betas')['ApiUrl']).toBe('ApiUrl of Betas');
  expect(() => outputsOfStowage('Mine', outputs)).toThrow(
    'stack Mine holds several Stowages; name one of them: Mine/Packages, Mine/Betas',
  );
  expect(() => outputsOfStowage('Mine', outputs, 'Gammas')).toThrow('holds no Stowage Gammas');
});

test('a stack without one is left as it is, for the fault that names its outputs', () => {
  expect(outputsOfStowage('Other', { Url: 'x' })).toEqual({ Url: 'x' });
});
