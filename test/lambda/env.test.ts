/** Settings from the environment: defaults, and one message that lists every fault. */
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../core/errors.ts';
import { ENV, readSettings } from '../../lambda/env.ts';

const TOKEN = `stw_abcdefgh_${'A'.repeat(43)}`;

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'INVALID_INPUT') return error.message.split('\n').slice(1);
    throw error;
  }
  return [];
}

describe('settings', () => {
  test('have defaults for everything', () => {
    expect(readSettings({})).toEqual({
      storage: { type: 'local', localPath: './storage', presignedUrls: true },
      catalog: { type: 'sqlite', path: 'storage/.stowage/catalog.db' },
      linkTtlSeconds: 300,
      uploadTtlSeconds: 900,
      uploadRetentionSeconds: 604_800,
      maxPackageBytes: 53_687_091_200,
      publicDownloads: false,
      corsOrigins: [],
      host: '127.0.0.1',
      port: 8787,
    });
  });

  test('that are empty are not set, and those of other releases have no effect', () => {
    const empty = Object.fromEntries(Object.values(ENV).map((name) => [name, '']));

    expect(readSettings({ ...empty, S3_BUCKET: 'x', CDN_DOMAIN: 'y', PATH: '/bin' })).toEqual(readSettings({}));
  });

  test('are read by their names', () => {
    const env = {
      STORAGE_TYPE: 'local',
      STORAGE_LOCAL_PATH: '/srv/files',
      PRESIGNED_URLS: 'false',
      CATALOG_TYPE: 'sqlite',
      CATALOG_PATH: '/srv/catalog.db',
      LINK_TTL_SECONDS: '60',
      UPLOAD_TTL_SECONDS: '120',
      UPLOAD_RETENTION_SECONDS: '120',
      MAX_PACKAGE_BYTES: '1000',
      PUBLIC_DOWNLOADS: 'true',
      PUBLIC_URL: 'https://Example.com/files/',
      CORS_ORIGINS: 'https://a.example, http://localhost:3000',
      URL_SIGNING_KEY: 'k'.repeat(32),
      ADMIN_TOKEN: TOKEN,
      HOST: '::1',
      PORT: '0',
    };

    expect(readSettings(env)).toEqual({
      storage: { type: 'local', localPath: '/srv/files', presignedUrls: false },
      catalog: { type: 'sqlite', path: '/srv/catalog.db' },
      linkTtlSeconds: 60,
      uploadTtlSeconds: 120,
      uploadRetentionSeconds: 120,
      maxPackageBytes: 1000,
      publicDownloads: true,
      publicUrl: 'https://example.com/files',
      corsOrigins: ['https://a.example', 'http://localhost:3000'],
      urlSigningKey: 'k'.repeat(32),
      adminToken: TOKEN,
      host: '::1',
      port: 0,
    });
  });

  test('the catalog lies beside the files where nothing else is said', () => {
    expect(readSettings({ STORAGE_LOCAL_PATH: '/srv/files' }).catalog.path).toBe('/srv/files/.stowage/catalog.db');
  });

  test('that are wrong in several places are all told at once, one line each, without a secret', () => {
    const secret = 'much-too-short-a-key';
    const token = `stw_abcdefgh_${'A'.repeat(42)}`;
    const faults = faultsOf({
      STORAGE_TYPE: 's3',
      CATALOG_TYPE: 'mysql',
      PRESIGNED_URLS: 'yes',
      LINK_TTL_SECONDS: '0',
      UPLOAD_TTL_SECONDS: '1.5',
      UPLOAD_RETENTION_SECONDS: '60',
      MAX_PACKAGE_BYTES: '9007199254740993',
      PUBLIC_URL: 'https://user:password@example.com/',
      CORS_ORIGINS: 'https://a.example/path',
      URL_SIGNING_KEY: secret,
      ADMIN_TOKEN: token,
      HOST: 'a b',
      PORT: '65536',
    });

    expect(faults).toEqual([
      'URL_SIGNING_KEY: got 20 characters that are not shown, allowed: at least 32 characters',
      expect.stringMatching(/^ADMIN_TOKEN: got 55 characters that are not shown, allowed: stw_/),
      expect.stringMatching(/^PUBLIC_URL: got "https:\/\/\[hidden\]@example.com\/", allowed: an http or https URL/),
      'STORAGE_TYPE: got "s3", which is not in this release yet, allowed: local',
      'PRESIGNED_URLS: got "yes", allowed: true, false',
      'CATALOG_TYPE: got "mysql", allowed: sqlite',
      'UPLOAD_TTL_SECONDS: got "1.5", allowed: a whole number from 1 to 604800',
      'UPLOAD_RETENTION_SECONDS: got 60, allowed: at least UPLOAD_TTL_SECONDS (900)',
      'LINK_TTL_SECONDS: got "0", allowed: a whole number from 1 to 604800',
      'MAX_PACKAGE_BYTES: got "9007199254740993", allowed: a whole number from 1 to 5497558138880',
      'CORS_ORIGINS: got "https://a.example/path", allowed: origins such as https://example.com, separated by commas, or *',
      'HOST: got "a b", allowed: a host name or an address',
      'PORT: got "65536", allowed: a whole number from 0 to 65535',
    ]);
    expect(faults.join()).not.toMatch(new RegExp(`${secret}|${token}|password`));
  });

  test.each<[string, readonly string[]]>([
    [
      'PUBLIC_URL',
      ['example.com', 'ftp://example.com', 'https://example.com/?a', 'https://example.com/#a', 'https://'],
    ],
    ['CORS_ORIGINS', ['*,https://a.example', 'a.example', 'https://a.example/', 'null', ',', 'ftp://a.example']],
    ['PORT', ['-1', '80.5', 'http', '0x50', ' 80']],
    ['STORAGE_LOCAL_PATH', ['a\0b']],
    ['PUBLIC_DOWNLOADS', ['TRUE', '1', 'on']],
  ])('%s takes nothing else', (name, values) => {
    for (const value of values)
      expect([value, faultsOf({ [name]: value })]).toEqual([value, [expect.stringContaining(name)]]);
  });
});
