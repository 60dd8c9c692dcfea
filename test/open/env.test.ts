/** Settings from the environment: defaults, and one message that lists every fault. */
import { describe, expect, test } from '@jest/globals';
import { ServiceError } from '../../core/errors.ts';
import { ENV } from '../../open/settings/env.ts';
import { readSettings } from '../../open/settings/server-settings.ts';

const TOKEN = `stw_abcdefgh_${'A'.repeat(43)}`;

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'INVALID_INPUT')
      return error.message.split('\n').slice(1);
    throw error;
  }
  return [];
}

describe('settings', () => {
  test('have defaults for everything', () => {
    expect(readSettings({})).toEqual({
      storage: { type: 'local', localPath: './stowage-data', presignedUrls: true },
      catalog: { type: 'sqlite', path: 'stowage-data/.stowage/catalog.db' },
      linkTtlSeconds: 300,
      uploadTtlSeconds: 900,
      uploadRetentionSeconds: 604_800,
      maxPackageBytes: 53_687_091_200,
      maxPendingBytes: 20 * 53_687_091_200,
      maxPendingBytesPerToken: 10 * 53_687_091_200,
      auditRetentionDays: 400,
      scrubDays: 30,
      publicDownloads: false,
      corsOrigins: [],
      console: true,
      host: '127.0.0.1',
      port: 8787,
      maxConnections: 4096,
      trustedProxies: 0,
      trustPrivateIssuers: false,
    });
  });

  test('that are empty are not set, and those of what is not chosen have no effect', () => {
    const empty = Object.fromEntries(Object.values(ENV).map((name) => [name, '']));

    expect(
      readSettings({ ...empty, S3_BUCKET: 'x', TABLE_NAME: 'y', CDN_DOMAIN: 'z', PATH: '/bin' }),
    ).toEqual(readSettings({}));
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
      MAX_PENDING_BYTES: '3000',
      MAX_PENDING_BYTES_PER_TOKEN: '2000',
      PUBLIC_DOWNLOADS: 'true',
      PUBLIC_URL: 'https://Example.com/files/',
      CORS_ORIGINS: 'https://a.example, http://localhost:3000',
      CONSOLE: 'false',
      URL_SIGNING_KEY: 'k'.repeat(32),
      ADMIN_TOKEN: TOKEN,
      HOST: '::1',
      PORT: '0',
      MAX_CONNECTIONS: '100',
      TRUST_PROXY: '2',
    };

    expect(readSettings(env)).toEqual({
      storage: { type: 'local', localPath: '/srv/files', presignedUrls: false },
      catalog: { type: 'sqlite', path: '/srv/catalog.db' },
      linkTtlSeconds: 60,
      uploadTtlSeconds: 120,
      uploadRetentionSeconds: 120,
      uploadRetentionIsSet: true,
      maxPackageBytes: 1000,
      maxPendingBytes: 3000,
      maxPendingBytesPerToken: 2000,
      auditRetentionDays: 400,
      scrubDays: 30,
      publicDownloads: true,
      publicUrl: 'https://example.com/files',
      corsOrigins: ['https://a.example', 'http://localhost:3000'],
      console: false,
      urlSigningKey: 'k'.repeat(32),
      adminToken: TOKEN,
      host: '::1',
      port: 0,
      maxConnections: 100,
      trustedProxies: 2,
      trustPrivateIssuers: false,
    });
  });

  test('the size up to which uploads go in one request is read where it is set, and S3 takes no more than 5 GiB', () => {
    expect(readSettings({ SINGLE_UPLOAD_BYTES: '5368709120' })).toMatchObject({
      singleUploadBytes: 5 * 1024 ** 3,
    });
    expect(() => readSettings({ SINGLE_UPLOAD_BYTES: '5368709121' })).toThrow(
      'SINGLE_UPLOAD_BYTES',
    );
  });

  test('the number of backups of the catalog is read where it is set', () => {
    expect(readSettings({ CATALOG_BACKUPS_KEPT: '0' }).catalog).toMatchObject({ backupsKept: 0 });
    expect(() => readSettings({ CATALOG_BACKUPS_KEPT: '-1' })).toThrow('CATALOG_BACKUPS_KEPT');
  });

  test('metrics are on this machine alone, and nowhere without a port', () => {
    expect(readSettings({}).metrics).toBeUndefined();
    expect(readSettings({ METRICS_HOST: '::1' }).metrics).toBeUndefined();
    expect(readSettings({ METRICS_PORT: '0' }).metrics).toEqual({ host: '127.0.0.1', port: 0 });
    expect(faultsOf({ METRICS_PORT: 'x', METRICS_HOST: 'a b' }).join()).toMatch(
      /METRICS_HOST.*METRICS_PORT/,
    );
  });

  test('the catalog is stored beside the files by default', () => {
    expect(readSettings({ STORAGE_LOCAL_PATH: '/srv/files' }).catalog).toEqual({
      type: 'sqlite',
      path: '/srv/files/.stowage/catalog.db',
    });
  });

  test('may name the other storage, for packages that have not been moved yet', () => {
    const env = {
      STORAGE_TYPE: 's3',
      S3_BUCKET: 'files',
      S3_REGION: 'eu-central-1',
      STORAGE_LOCAL_PATH: '/srv/files',
    };

    const { storage, fallback } = readSettings({ ...env, STORAGE_FALLBACK: 'local' });

    expect(storage).toMatchObject({ type: 's3', s3Bucket: 'files' });
    expect(fallback).toEqual({ type: 'local', localPath: '/srv/files', presignedUrls: true });
    expect(
      readSettings({ ...env, STORAGE_TYPE: 'local', STORAGE_FALLBACK: 's3' }).fallback,
    ).toEqual(storage);
    expect(faultsOf({ ...env, STORAGE_FALLBACK: 's3' })).toEqual([
      'STORAGE_FALLBACK: got "s3", allowed: local (STORAGE_TYPE is s3)',
    ]);
    expect(faultsOf({ STORAGE_FALLBACK: 's3' })).toHaveLength(2);
  });

  test('that are wrong in several places are all reported at once, one line each, without a secret', () => {
    const secret = 'much-too-short-a-key';
    const token = `stw_abcdefgh_${'A'.repeat(42)}`;
    const faults = faultsOf({
      STORAGE_TYPE: 'ftp',
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
      MAX_CONNECTIONS: '15',
      TRUST_PROXY: 'loopback',
    });

    expect(faults).toEqual([
      'URL_SIGNING_KEY: got 20 characters that are not shown, allowed: at least 32 characters',
      expect.stringMatching(/^ADMIN_TOKEN: got 55 characters that are not shown, allowed: stw_/),
      expect.stringMatching(
        /^PUBLIC_URL: got "https:\/\/\[hidden\]@example.com\/", allowed: an http or https URL/,
      ),
      'STORAGE_TYPE: got "ftp", allowed: local, s3',
      'PRESIGNED_URLS: got "yes", allowed: true, false',
      'CATALOG_TYPE: got "mysql", allowed: sqlite, dynamodb',
      'UPLOAD_TTL_SECONDS: got "1.5", allowed: a whole number from 1 to 604800',
      'UPLOAD_RETENTION_SECONDS: got 60, allowed: at least UPLOAD_TTL_SECONDS (900)',
      'LINK_TTL_SECONDS: got "0", allowed: a whole number from 1 to 604800',
      'MAX_PACKAGE_BYTES: got "9007199254740993", allowed: a whole number from 1 to 5497558138880',
      'CORS_ORIGINS: got "https://a.example/path", allowed: origins such as https://example.com, separated by commas, or *',
      'HOST: got "a b", allowed: a host name or an address',
      'PORT: got "65536", allowed: a whole number from 0 to 65535',
      'MAX_CONNECTIONS: got "15", allowed: a whole number from 16 to 1000000',
      'TRUST_PROXY: got "loopback", allowed: false, true (one), or a whole number from 0 to 10',
    ]);
    expect(faults.join()).not.toMatch(new RegExp(`${secret}|${token}|password`));
  });

  test.each<[string, readonly string[]]>([
    [
      'PUBLIC_URL',
      [
        'example.com',
        'ftp://example.com',
        'https://example.com/?a',
        'https://example.com/#a',
        'https://',
      ],
    ],
    [
      'CORS_ORIGINS',
      ['*,https://a.example', 'a.example', 'https://a.example/', 'null', ',', 'ftp://a.example'],
    ],
    ['PORT', ['-1', '80.5', 'http', '0x50', ' 80']],
    ['STORAGE_LOCAL_PATH', ['a\0b']],
    ['PUBLIC_DOWNLOADS', ['TRUE', '1', 'on']],
  ])('%s takes nothing else', (name, values) => {
    for (const value of values)
      expect([value, faultsOf({ [name]: value })]).toEqual([
        value,
        [expect.stringContaining(name)],
      ]);
  });
});

describe('settings of security.txt', () => {
  test('are read by their names', () => {
    const env = {
      SECURITY_CONTACT: 'mailto:security@example.com',
      SECURITY_POLICY: 'https://example.com/policy',
      SECURITY_LANGUAGES: 'en, de-CH',
    };

    expect(readSettings(env).securityContact).toEqual({
      contact: 'mailto:security@example.com',
      policy: 'https://example.com/policy',
      languages: 'en, de-CH',
    });
  });

  test('that are no addresses, or more than one line, are refused', () => {
    expect(
      faultsOf({
        SECURITY_CONTACT: 'security@example.com',
        SECURITY_POLICY: 'http://example.com/policy',
        SECURITY_LANGUAGES: 'en\nContact: mailto:other@example.com',
      }),
    ).toEqual([
      'SECURITY_CONTACT: got "security@example.com", allowed: a mailto: or https: URI',
      'SECURITY_POLICY: got "http://example.com/policy", allowed: an https: URI',
      expect.stringMatching(/^SECURITY_LANGUAGES: got .*, allowed: languages such as en, de$/),
    ]);
    expect(faultsOf({ SECURITY_CONTACT: 'mailto:a@example.com\nExpires: never' })).toHaveLength(1);
  });

  test('other than the contact need one', () => {
    expect(faultsOf({ SECURITY_POLICY: 'https://example.com/policy' })).toEqual([
      'SECURITY_POLICY: got a value, allowed: nothing while SECURITY_CONTACT is not set',
    ]);
  });
});

describe('settings of S3', () => {
  const S3 = { STORAGE_TYPE: 's3', S3_BUCKET: 'releases' };

  test('on AWS need a bucket and a region, and sign checksums', () => {
    expect(readSettings({ ...S3, S3_REGION: 'eu-central-1' }).storage).toEqual({
      type: 's3',
      localPath: './stowage-data',
      presignedUrls: true,
      s3Bucket: 'releases',
      s3Region: 'eu-central-1',
      s3Addressing: 'auto',
      s3Integrity: 'checksum',
    });
  });

  test('elsewhere need a bucket and an endpoint, and sign the payload', () => {
    expect(readSettings({ ...S3, S3_ENDPOINT: 'http://127.0.0.1:9000/' }).storage).toMatchObject({
      s3Region: 'us-east-1',
      s3Endpoint: 'http://127.0.0.1:9000',
      s3Integrity: 'payload',
    });
  });

  test('are read by their names', () => {
    const env = {
      ...S3,
      S3_REGION: 'fra1',
      S3_ACCESS_KEY: 'AKID',
      S3_SECRET_KEY: 'sec/ret+',
      S3_SESSION_TOKEN: 'session==',
      S3_ENDPOINT: 'https://fra1.digitaloceanspaces.com',
      S3_PUBLIC_ENDPOINT: 'https://files.example.com',
      S3_ADDRESSING: 'virtual',
      S3_INTEGRITY: 'checksum',
      S3_PREFIX: '/team/a b/',
    };

    expect(readSettings(env).storage).toEqual({
      type: 's3',
      localPath: './stowage-data',
      presignedUrls: true,
      s3Bucket: 'releases',
      s3Region: 'fra1',
      s3AccessKey: 'AKID',
      s3SecretKey: 'sec/ret+',
      s3SessionToken: 'session==',
      s3Endpoint: 'https://fra1.digitaloceanspaces.com',
      s3PublicEndpoint: 'https://files.example.com',
      s3Addressing: 'virtual',
      s3Integrity: 'checksum',
      s3Prefix: 'team/a b',
    });
  });

  test('that are missing are all reported at once', () => {
    expect(faultsOf({ STORAGE_TYPE: 's3', S3_SESSION_TOKEN: 'x' })).toEqual([
      'S3_BUCKET: got nothing, allowed: the name of a bucket: 3 to 63 of a-z, 0-9, dot and hyphen',
      'S3_REGION: got nothing, allowed: a region such as eu-central-1 (needed without S3_ENDPOINT)',
      'S3_ACCESS_KEY: got nothing, allowed: both S3_ACCESS_KEY and S3_SECRET_KEY, or neither',
      'S3_SECRET_KEY: got nothing, allowed: both S3_ACCESS_KEY and S3_SECRET_KEY, or neither',
    ]);
  });

  test('hold both keys or none, and show neither', () => {
    const faults = faultsOf({ ...S3, S3_REGION: 'eu-central-1', S3_SECRET_KEY: 'top secret' });

    expect(faults).toEqual([
      'S3_SECRET_KEY: got 10 characters that are not shown, allowed: printable ASCII characters without spaces',
      'S3_ACCESS_KEY: got nothing, allowed: both S3_ACCESS_KEY and S3_SECRET_KEY, or neither',
    ]);
  });

  test.each<[string, readonly string[]]>([
    ['S3_BUCKET', ['ab', 'Upper', 'a..b', '-ab', 'ab-', 'a_b', '10.0.0.1', 'a'.repeat(64), 'a/b']],
    ['S3_REGION', ['eu central', 'eu/1', 'a'.repeat(65)]],
    ['S3_ENDPOINT', ['127.0.0.1:9000', 'ftp://a', 'https://u:p@a', 'https://a/?x']],
    ['S3_PUBLIC_ENDPOINT', ['files.example.com', 'file:///a']],
    ['S3_ADDRESSING', ['PATH', 'dns']],
    ['S3_INTEGRITY', ['none', 'sha256']],
    ['S3_PREFIX', ['/', 'a//b', '../a', 'a/.', 'a\nb', 'ä'.repeat(257)]],
  ])('%s takes nothing else', (name, values) => {
    const env = { ...S3, S3_REGION: 'eu-central-1' };
    for (const value of values)
      expect([value, faultsOf({ ...env, [name]: value })]).toEqual([
        value,
        [expect.stringContaining(name)],
      ]);
  });
});

describe('settings of DynamoDB', () => {
  const DYNAMO = {
    CATALOG_TYPE: 'dynamodb',
    TABLE_NAME: 'stowage',
    URL_SIGNING_KEY: 'k'.repeat(32),
  };

  test('need a table, its region and a key that all servers share', () => {
    expect(readSettings({ ...DYNAMO, AWS_REGION: 'eu-west-1' }).catalog).toEqual({
      type: 'dynamodb',
      tableName: 'stowage',
      region: 'eu-west-1',
    });
    expect(faultsOf({ CATALOG_TYPE: 'dynamodb' })).toEqual([
      'TABLE_NAME: got nothing, allowed: the name of a table: 3 to 255 letters, digits, dots, hyphens and underscores',
      'AWS_REGION: got nothing, allowed: the region of the table, such as eu-central-1',
      'URL_SIGNING_KEY: got nothing, allowed: at least 32 characters, the same for all servers of the table',
    ]);
  });

  test('take the region of a bucket on AWS for that of the table, but not the region of another store', () => {
    const s3 = { ...DYNAMO, STORAGE_TYPE: 's3', S3_BUCKET: 'releases', S3_REGION: 'eu-central-1' };
    const elsewhere = { ...s3, S3_ENDPOINT: 'https://fra1.digitaloceanspaces.com' };

    expect(readSettings(s3).catalog).toMatchObject({ region: 'eu-central-1' });
    expect(readSettings({ ...s3, AWS_REGION: 'eu-west-1' }).catalog).toMatchObject({
      region: 'eu-west-1',
    });
    expect(faultsOf(elsewhere)).toEqual([expect.stringContaining('AWS_REGION: got nothing')]);
  });

  test.each<[string, readonly string[]]>([
    ['TABLE_NAME', ['ab', 'a b c', 'a/b/c', 'a'.repeat(256)]],
    ['AWS_REGION', ['eu west', '*']],
    ['DYNAMODB_ENDPOINT', ['localhost:8000', 'http://u:p@localhost']],
  ])('%s takes nothing else', (name, values) => {
    const env = { ...DYNAMO, AWS_REGION: 'eu-west-1' };
    for (const value of values)
      expect([value, faultsOf({ ...env, [name]: value })]).toEqual([
        value,
        [expect.stringContaining(name)],
      ]);
  });
});
