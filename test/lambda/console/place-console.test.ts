/** The files of the console as CloudFormation has them put into the bucket. */
import { describe, expect, test } from '@jest/globals';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { type ConsoleDeps, placeConsole } from '../../../lambda/console/place-console.ts';

const PAGE = '<head><meta name="stowage-api" content=""><script src="main-ABCDEFGH.js"></script>';

function eventOf(RequestType: string, ApiUrl: unknown = 'https://api.example.com') {
  return {
    RequestType,
    ResourceProperties: { ServiceToken: 'arn:function', ApiUrl },
  } as unknown as CloudFormationCustomResourceEvent;
}

function bucket(refusals = 0, page: string | undefined = PAGE) {
  const stored: (readonly [key: string, text: string, type: string, cache: string])[] = [];
  let refused = 0;
  const deps: ConsoleDeps = {
    files: new Map([
      ...(page === undefined ? [] : [['index.html', page] as const]),
      ['main-ABCDEFGH.js', 'let a'],
    ]),
    storageUrl: 'https://files.s3.eu-central-1.amazonaws.com',
    pauseMs: 0,
    put: async (key, text, { contentType, cacheControl }) => {
      refused += 1;
      if (refused <= refusals) throw new Error('AccessDenied');
      stored.push([key, text, contentType, cacheControl]);
    },
  };
  return { stored, open: async () => deps };
}

describe.each(['Create', 'Update'])('%s', (type) => {
  test('puts the files under the prefix of the console, the page last', async () => {
    const { stored, open } = bucket();

    expect(await placeConsole(eventOf(type), open)).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: 'console',
    });
    expect(stored.map(([key, , type, cache]) => [key, type, cache])).toEqual([
      [
        'console/main-ABCDEFGH.js',
        'text/javascript; charset=utf-8',
        'public, max-age=31536000, immutable',
      ],
      ['console/index.html', 'text/html; charset=utf-8', 'no-cache'],
    ]);
  });
});

test('the page names the service, and may send requests to it and the bucket alone', async () => {
  const { stored, open } = bucket();

  await placeConsole(eventOf('Create', 'https://api.example.com/stage'), open);

  const page = stored.at(-1)?.[1] ?? '';
  expect(page).toContain('<meta name="stowage-api" content="https://api.example.com/stage">');
  expect(page).toContain(
    `content="connect-src 'self' https://api.example.com https://files.s3.eu-central-1.amazonaws.com"`,
  );
  expect(page.indexOf('connect-src')).toBeLessThan(page.indexOf('<script'));
});

test('a policy that IAM is still spreading is waited for', async () => {
  const { stored, open } = bucket(3);

  expect(await placeConsole(eventOf('Create'), open)).toMatchObject({ Status: 'SUCCESS' });
  expect(stored).toHaveLength(2);
});

test('a delete removes nothing, and reads no files', async () => {
  const { stored } = bucket();

  const answer = await placeConsole(eventOf('Delete'), () => Promise.reject(new Error('opened')));
  expect(answer).toMatchObject({ Status: 'SUCCESS' });
  expect(stored).toEqual([]);
});

test.each([
  ['a bucket that refuses', bucket(99).open, 'https://api.example.com', 'AccessDenied'],
  ['a bundle without files', () => Promise.reject(new Error('no folder')), undefined, 'no folder'],
  ['a page without a place for the name', bucket(0, '<head>').open, undefined, 'stowage-api'],
  ['no URL', bucket().open, 'nowhere', 'ApiUrl'],
])('%s is an answer to CloudFormation', async (_name, open, url, reason) => {
  expect(await placeConsole(eventOf('Create', url), open)).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining(reason),
  });
});
