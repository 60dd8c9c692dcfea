/** Signatures in the URL: which headers they cover, in which form, and that nothing else is in them. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { encodePath, encodeUri } from '../../../storage/sigv4/canonical.ts';
import { Presigner, type UrlToSign } from '../../../storage/sigv4/presigner.ts';

const MOMENT = new Date('2026-11-22T12:00:00.000Z');
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

function sign(more: Partial<UrlToSign>, presigner = new Presigner(KEYS, 'eu-central-1')) {
  const url = { method: 'GET', host: 'b.test', path: '/p', query: {}, headers: {}, ...more };
  return presigner.sign(url, MOMENT, 60);
}

function signatureOf(pathAndQuery: string): string | undefined {
  return /&X-Amz-Signature=([0-9a-f]{64})/.exec(pathAndQuery)?.[1];
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

describe('a signature in the URL', () => {
  test('is the one that the documentation of Signature Version 4 describes', () => {
    const { pathAndQuery } = sign({
      path: '/a/b.zip',
      query: { zeta: '2 3', alpha: "it's" },
      headers: { 'content-type': 'a/b' },
    });

    const scope = '20261122/eu-central-1/s3/aws4_request';
    const before =
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD' +
      `&X-Amz-Credential=${encodeURIComponent(`AKIDEXAMPLE/${scope}`)}` +
      '&X-Amz-Date=20261122T120000Z&X-Amz-Expires=60';
    const after = '&X-Amz-SignedHeaders=content-type%3Bhost&alpha=it%27s&zeta=2%203';
    const canonical = `GET\n/a/b.zip\n${before}${after}\ncontent-type:a/b\nhost:b.test\n\ncontent-type;host\nUNSIGNED-PAYLOAD`;
    const digest = createHash('sha256').update(canonical).digest('hex');
    const toSign = `AWS4-HMAC-SHA256\n20261122T120000Z\n${scope}\n${digest}`;
    const key = ['20261122', 'eu-central-1', 's3', 'aws4_request'].reduce<string | Buffer>(
      hmac,
      'AWS4secret',
    );
    const signature = hmac(key, toSign).toString('hex');
    expect(pathAndQuery).toBe(`/a/b.zip?${before}&X-Amz-Signature=${signature}${after}`);
  });

  test.each([
    'authorization',
    'connection',
    'date',
    'expect',
    'from',
    'keep-alive',
    'max-forwards',
    'pragma',
    'proxy-authorization',
    'referer',
    'sec-fetch-mode',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'user-agent',
    'x-amz-date',
    'x-amzn-trace-id',
  ])('does not cover %s, which changes on the way', (name) => {
    expect(sign({ headers: { [name]: 'x' } }).signedHeaders).toBe('host');
  });

  test.each(['x-from', 'dated', 'my-proxy-id', 'x-sec-id', 'tea', 'content-date', 'proxy', 'sec'])(
    'covers %s, which only resembles a header that changes on the way',
    (name) => {
      expect(sign({ headers: { [name]: 'x' } }).signedHeaders.split(';')).toContain(name);
    },
  );

  test('covers the host that was given, also where a header of that name is given', () => {
    const { signedHeaders, pathAndQuery } = sign({ headers: { host: 'other.test' } });

    expect(signedHeaders).toBe('host');
    expect(pathAndQuery).toBe(sign({}).pathAndQuery);
  });

  test.each([
    ['spaces around it', ' a b ', 'a b'],
    ['a space before it', ' ab', 'ab'],
    ['a space after it', 'ab ', 'ab'],
    ['many spaces around it', '   a b   ', 'a b'],
    ['two spaces in it', 'a  b', 'a b'],
    ['a tab in it', 'a\tb', 'a b'],
    ['tabs and spaces in it', 'a \t \t b', 'a b'],
    ['line ends in it', 'a\r\nb', 'a b'],
    ['a carriage return in it', 'a\rb', 'a b'],
    ['a line feed in it', 'a\nb', 'a b'],
    ['two runs of spaces in it', 'a  b  c', 'a b c'],
  ])('covers a value with %s as servers read it', (_what, sent, read) => {
    const of = (value: string) => signatureOf(sign({ headers: { 'x-a': value } }).pathAndQuery);

    expect(of(sent)).toBe(of(read));
    expect(of(sent)).not.toBe(of('ab c'));
  });

  test('is another for another second, life, region, secret, host, method, path or query', () => {
    const of = (more: Partial<UrlToSign>) => signatureOf(sign(more).pathAndQuery);
    const at = (moment: Date, life: number) =>
      signatureOf(
        new Presigner(KEYS, 'eu-central-1').sign(
          { method: 'GET', host: 'b.test', path: '/p', query: {}, headers: {} },
          moment,
          life,
        ).pathAndQuery,
      );

    const all = [
      of({}),
      of({ host: 'c.test' }),
      of({ method: 'PUT' }),
      of({ path: '/q' }),
      of({ query: { a: '' } }),
      at(new Date('2026-11-22T12:00:01.000Z'), 60),
      at(new Date('2026-11-23T12:00:00.000Z'), 60),
      at(MOMENT, 61),
      signatureOf(sign({}, new Presigner(KEYS, 'eu-west-1')).pathAndQuery),
      signatureOf(sign({}, new Presigner({ ...KEYS, secretAccessKey: 'x' }, 'r')).pathAndQuery),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(at(MOMENT, 60)).toBe(of({}));
  });

  test('comes with the token of a session, encoded', () => {
    const session = new Presigner({ ...KEYS, sessionToken: 'a/b+c=' }, 'eu-central-1');

    expect(sign({}, session).pathAndQuery).toContain(
      '&X-Amz-Expires=60&X-Amz-Security-Token=a%2Fb%2Bc%3D&X-Amz-Signature=',
    );
    expect(sign({}).pathAndQuery).toContain('&X-Amz-Expires=60&X-Amz-Signature=');
  });
});

describe('percent-encoding', () => {
  test.each([
    ['letters, digits and -._~', 'aZ09-._~', 'aZ09-._~'],
    ["what encodeURIComponent leaves: !'()*", "a!'()*b", 'a%21%27%28%29%2Ab'],
    ['a slash', 'a/b', 'a%2Fb'],
    ['a space and a plus', 'a b+', 'a%20b%2B'],
    ['a letter that is not ASCII', 'é', 'C3A9'.replace(/../g, '%$&')],
    ['nothing', '', ''],
  ])('of %s', (_what, text, encoded) => {
    expect(encodeUri(text)).toBe(encoded);
  });

  test('of a path keeps its slashes', () => {
    expect(encodePath('a b/c+d/é')).toBe('a%20b/c%2Bd/%C3%A9');
  });
});
