/** Which requests of a service's answer are sent, and to where. */
import { describe, expect, test } from '@jest/globals';
import { requireAllowedAddress, requireAllowedUpload } from '../../client/allowed-requests.ts';

const HTTP = 'http://stowage.test:8787';
const HTTPS = 'https://stowage.test/base';
const HERE = 'http://127.0.0.1:8787';

describe('a service may name', () => {
  test.each([
    ['itself', HTTP, `${HTTP}/blobs/x?signature=1`],
    ['itself, by https', HTTPS, 'https://stowage.test/blobs/x'],
    ['S3', HTTPS, 'https://bucket.s3.eu-central-1.amazonaws.com/x'],
    ['a store by https at a private address', HTTPS, 'https://10.0.0.5:9000/bucket/x'],
    [
      'a store by http in its own network, where it is reached by http itself',
      HTTP,
      'http://10.0.0.5:9000/bucket/x',
    ],
    ['a store on this machine, where it runs itself', HERE, 'http://localhost:9000/bucket/x'],
    ['the same by https and http', 'https://localhost:8443', 'http://127.0.0.1:9000/bucket/x'],
    ['a store elsewhere, where it runs on this machine', HERE, 'http://minio.test:9000/bucket/x'],
    [
      'itself, also at an address of the link',
      'http://169.254.10.20:8787',
      'http://169.254.10.20:8787/blobs/x',
    ],
  ])('%s (%s: %s)', (_, service, url) => {
    expect(requireAllowedAddress(url, service).href).toBe(url);
  });
});

describe('a service may not name', () => {
  test.each([
    ['http, where it is reached by https', HTTPS, 'http://stowage.test/blobs/x'],
    ['http elsewhere, where it is reached by https', HTTPS, 'http://10.0.0.5:9000/x'],
    [
      'http elsewhere, where it is reached by https on this machine',
      'https://localhost',
      'http://minio.test/x',
    ],
    ['another scheme', HTTP, 'file:///etc/passwd'],
    ['no address', HTTP, 'bucket/x'],
    ['a password', HTTP, 'http://user:word@minio.test/x'],
    ['this machine', HTTP, 'http://127.0.0.1:9000/x'],
    ['this machine in another spelling', HTTP, 'http://0x7f.1/x'],
    ['this machine as any address', HTTP, 'http://0.0.0.0:22/x'],
    ['this machine by name', HTTP, 'http://printer.localhost./x'],
    ['this machine by IPv6', HTTP, 'http://[::1]:631/x'],
    ['this machine by IPv4 in IPv6', HTTP, 'http://[::ffff:127.0.0.1]/x'],
    ['the credentials of a machine', HTTP, 'http://169.254.169.254/latest/meta-data/'],
    [
      'the credentials of a machine, from this machine',
      HERE,
      'http://169.254.169.254/latest/meta-data/',
    ],
    ['the credentials of a machine by IPv4 in IPv6', HERE, 'http://[::ffff:a9fe:a9fe]/x'],
    ['the credentials of a machine by IPv6', HERE, 'http://[fd00:ec2::254]/x'],
    ['the credentials of a machine at Google', HERE, 'http://metadata.google.internal/x'],
    ['a link-local address', HERE, 'http://[fe80::1]/x'],
  ])('%s (%s: %s)', (_, service, url) => {
    expect(() => requireAllowedAddress(url, service)).toThrow(
      expect.objectContaining({ code: 'UNSAFE_REQUEST' }),
    );
  });
});

describe('an upload request', () => {
  const about = { url: `${HTTP}/x`, headers: {}, expiresAt: '' };

  test.each([
    [
      'the gateway of a disk',
      { 'content-type': 'a/b', 'content-digest': 'sha-256=:x:', 'if-none-match': '*' },
    ],
    [
      'S3, bound in the URL',
      { 'cache-control': 'private', 'x-amz-checksum-sha256': 'x', 'x-amz-meta-attempt': 'y' },
    ],
    [
      'S3, bound by its payload',
      { authorization: 'AWS4-HMAC-SHA256 Credential=AK/2026/x, Signature=y' },
    ],
  ])('of %s is sent', (_, headers) => {
    expect(() => requireAllowedUpload({ ...about, method: 'PUT', headers }, HTTP)).not.toThrow();
  });

  test.each(['DELETE', 'GET', 'HEAD', 'TRACE', 'put'])('by %s is not sent', (method) => {
    expect(() => requireAllowedUpload({ ...about, method: method as 'PUT' }, HTTP)).toThrow(
      'PUT or POST',
    );
  });

  test.each([
    ['authorization', 'Basic dXNlcjp3b3Jk'],
    ['Authorization', 'Bearer stw_other'],
    ['cookie', 'session=1'],
    ['Host', 'internal.test'],
    ['transfer-encoding', 'chunked'],
    ['content-length', '1'],
    ['metadata-flavor', 'Google'],
    ['x-forwarded-for', '10.0.0.1'],
    ['proxy-authorization', 'Basic x'],
    ['__proto__', 'x'],
  ])('with the header %s: %s is not sent', (name, value) => {
    const headers = JSON.parse(JSON.stringify([[name, value]])) as [string, string][];

    const request = { ...about, method: 'PUT' as const, headers: Object.fromEntries(headers) };

    expect(() => requireAllowedUpload(request, HTTP)).toThrow('which no upload needs');
  });

  test('with a header that is no text is not sent', () => {
    const headers = { 'content-type': ['a', 'b'] } as unknown as Record<string, string>;

    expect(() => requireAllowedUpload({ ...about, method: 'PUT', headers }, HTTP)).toThrow(
      'which no upload needs',
    );
  });
});
