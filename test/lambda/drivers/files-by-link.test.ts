/** Small files that a function reads by links that it signs itself. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { filesByLink } from '../../../lambda/drivers/files-by-link.ts';
import { House } from '../../service/house.ts';

let house: House;

beforeEach(() => {
  house = new House();
});

function sending(answer: () => Promise<Response>) {
  const urls: string[] = [];
  const send = async (url: unknown) => {
    urls.push(String(url));
    return answer();
  };
  return { urls, files: filesByLink(house.services, send as typeof fetch) };
}

describe('a file', () => {
  test('is read by a signed link to its bytes', async () => {
    const record = await house.publish('1.0.0', 'a.sig');
    const { urls, files } = sending(async () => new Response('the signature'));

    expect((await files.read(record)).toString()).toBe('the signature');
    expect(urls).toEqual([expect.stringContaining('/packages/1.0.0/a.sig?')]);
  });

  test.each([
    ['a refusal', async () => new Response('no', { status: 403 })],
    ['no answer', async () => Promise.reject(new TypeError('fetch failed'))],
  ])(
    'that cannot be read, for %s, is unavailable, and the error shows no link',
    async (_, answer) => {
      const record = await house.publish('1.0.0', 'a.sig');
      const { files } = sending(answer);

      const error = await files.read(record).catch((reason: unknown) => reason);

      expect(error).toMatchObject({
        code: 'UNAVAILABLE',
        message: 'packages/1.0.0/a.sig could not be read',
      });
      expect(String((error as Error).cause)).not.toContain('signature=');
    },
  );
});
