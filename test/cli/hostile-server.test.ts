/**
 * The command against a service that means harm: it stays within its memory, its folder, its
 * terminal and its machine.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { endless, HostileServer, json, problem, type Reply, redirect } from './hostile-server.ts';
import { type Ran, runCli, temporaryFolder } from './house.ts';

const MIB = 1024 * 1024;
/** What sockets may hold beside what the client has taken. */
const IN_BETWEEN = 16 * MIB;

let folder: string;
let hostile: HostileServer;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder, 'file.bin'), 'file');
  hostile = await HostileServer.listen();
});
afterEach(() => hostile.reset());
afterAll(async () => {
  await hostile.close();
  await rm(folder, { recursive: true, force: true });
});

function stowage(...words: readonly string[]): Promise<Ran> {
  return runCli(words, {
    cwd: folder,
    env: { STOWAGE_URL: hostile.url, STOWAGE_TOKEN: 'stw_token' },
  });
}

/** Pushes a small file that is already there. */
function push(): Promise<Ran> {
  return stowage('push', 'file.bin', '--version', '1.0.0');
}

/** What the service answers where a package is announced: the request that uploads it. */
function announced(request: object) {
  return {
    package: { versionId: '1.0.0', packageId: 'file', ext: 'bin', state: 'pending', size: 4 },
    upload: {
      method: 'single',
      request: { method: 'PUT', headers: {}, expiresAt: '2999-01-01T00:00:00Z', ...request },
      expiresAt: '2999-01-01T00:00:00Z',
    },
  };
}

function pull(...words: readonly string[]): Promise<Ran> {
  return stowage('pull', '1.0.0/file.bin', '--out', 'pulled', ...words);
}

function linkTo(url: string) {
  const sha256 = createHash('sha256').update('file').digest('hex');
  const about = { size: 4, sha256, filename: 'file.bin', contentType: 'application/octet-stream' };
  return { url, expiresAt: '2999-01-01T00:00:00Z', ...about };
}

describe('an answer without an end', () => {
  test.each([
    ['of healthz', 'GET /healthz', ['pull', '1.0.0'], 1],
    ['of a list', 'GET /v1/versions', ['ls'], 16],
    ['of SHA256SUMS', 'GET /packages/1.0.0/SHA256SUMS', ['pull', '1.0.0'], 16],
  ])('%s is read no further than it can be needed', async (_, route, words, mostMib) => {
    const answer = endless();
    hostile.on(route, answer.reply);

    const ran = await stowage(...words);

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/the answer is longer than .*\(BAD_ANSWER\)/);
    expect(answer.sentBytes).toBeLessThan(mostMib * MIB + IN_BETWEEN);
  });

  test('that is packed is measured as it unpacks', async () => {
    const answer = endless(200, true);
    hostile.on('GET /v1/versions', answer.reply);

    const ran = await stowage('ls');

    // How much was sent says nothing: a few KiB on their way are many MiB.
    expect(ran.stderr).toMatch(/the answer is longer than .*\(BAD_ANSWER\)/);
  });

  test('of the storage is not waited for', async () => {
    const answer = endless(400);
    hostile.on(
      'POST /v1/versions/1.0.0/packages',
      json(announced({ url: `${hostile.url}/blob` }), 201),
    );
    hostile.on('PUT /blob', answer.reply);

    const ran = await push();

    expect(ran.stderr).toMatch(/the storage refused the bytes: status 400 \(STORAGE_REFUSED\)/);
    expect(answer.sentBytes).toBeLessThan(MIB + IN_BETWEEN);
  });

  test('of an error is not waited for', async () => {
    const answer = endless(403);
    hostile.on('GET /v1/versions', answer.reply);

    const ran = await stowage('ls');

    expect(ran.stderr).toMatch(/status 403 without problem details.*\(BAD_ANSWER\)/);
    expect(answer.sentBytes).toBeLessThan(MIB + IN_BETWEEN);
  });
});

test.each([
  [16 * MIB, 100_000_000],
  [1, 3],
  [0, 1],
  [0.5, 8],
  ['4', 1],
])(
  'a plan of parts of %j bytes, %i of them, for a file of 4 bytes is not followed',
  async (partSize, partCount) => {
    const { package: made, upload } = announced({});
    const plan = {
      method: 'multipart',
      partSize,
      partCount,
      parts: [],
      expiresAt: upload.expiresAt,
    };
    hostile.on('POST /v1/versions/1.0.0/packages', json({ package: made, upload: plan }, 201));

    const ran = await push();

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/the service cuts 4 bytes into .* \(BAD_ANSWER\)/);
  },
);

describe('an upload request that is none', () => {
  test.each([
    ['removes', { method: 'DELETE' }, /asks for DELETE/],
    [
      'bears a password',
      { headers: { Authorization: 'Basic dXNlcjp3b3Jk' } },
      /the header Authorization/,
    ],
    ['bears a cookie', { headers: { cookie: 'session=1' } }, /the header cookie/],
    [
      'is for another host of that address',
      { headers: { host: 'internal.test' } },
      /the header host/,
    ],
    ['has a password in its URL', { url: 'http://user:word@127.0.0.1/' }, /a password/],
    [
      'goes to where clouds keep credentials',
      { url: 'http://169.254.169.254/latest/' },
      /http:\/\/169\.254\.169\.254/,
    ],
    ['is no request of the web', { url: 'file:///etc/passwd' }, /not http or https/],
  ])('since it %s is not sent', async (_, request, reason) => {
    const made = announced({ url: `${hostile.url}/blob`, ...request });
    hostile.on('POST /v1/versions/1.0.0/packages', json(made, 201));

    const ran = await push();

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(reason);
    expect(ran.stderr).toMatch(/\(UNSAFE_REQUEST\)\n {2}nothing was sent there/);
    expect(hostile.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /healthz',
      'POST /v1/versions/1.0.0/names',
      'POST /v1/versions/1.0.0/packages',
    ]);
  });

  test('a redirect of the storage is not followed', async () => {
    hostile.on(
      'POST /v1/versions/1.0.0/packages',
      json(announced({ url: `${hostile.url}/blob` }), 201),
    );
    hostile.on('PUT /blob', redirect(307, '/elsewhere'));

    const ran = await push();

    expect(ran.stderr).toMatch(/status 307 \(STORAGE_REFUSED\)/);
    expect(hostile.countOf('PUT', '/elsewhere')).toBe(0);
  });
});

describe('a link', () => {
  test.each([
    ['to a file of this machine', 'file:///etc/passwd', /not http or https/],
    [
      'to where clouds keep credentials',
      'http://169.254.169.254/latest/meta-data/x?',
      /http:\/\/169\.254\.169\.254/,
    ],
    ['that is none', 'nonsense', /not http or https/],
  ])('%s is not followed', async (_, url, reason) => {
    hostile.on('GET /packages/1.0.0/file.bin', json(linkTo(url)));

    const ran = await pull();

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(reason);
    expect(ran.stderr).toContain('(UNSAFE_REQUEST)');
  });

  test('that leads to where clouds keep credentials is left there', async () => {
    hostile.on('GET /packages/1.0.0/file.bin', json(linkTo(`${hostile.url}/blob?`)));
    hostile.on('GET /blob', redirect(302, 'http://169.254.169.254/latest/meta-data/'));

    expect((await pull()).stderr).toMatch(/http:\/\/169\.254\.169\.254.*\(UNSAFE_REQUEST\)/);
  });

  test('that leads on and on is left after a few steps', async () => {
    hostile.on('GET /packages/1.0.0/file.bin', json(linkTo(`${hostile.url}/blob?`)));
    hostile.on('GET /blob', redirect(302, '/blob?'));

    expect((await pull()).stderr).toMatch(/redirects 5 times.*\(UNSAFE_REQUEST\)/);
    expect(hostile.countOf('GET', '/blob')).toBe(6);
  });

  test('that leads on once brings the file', async () => {
    hostile.on('GET /packages/1.0.0/file.bin', json(linkTo(`${hostile.url}/blob?`)));
    hostile.on('GET /blob', redirect(307, '/moved'));
    hostile.on('GET /moved', (_, response) => response.end('file'));

    const ran = await pull();

    expect(ran.stderr).toBe('');
    expect(await readFile(join(folder, 'pulled', 'file.bin'), 'utf8')).toBe('file');
    expect(
      hostile.seen.filter(({ url }) => url === '/moved')[0]?.headers.authorization,
    ).toBeUndefined();
  });

  test.each([
    ['size', { size: 'many' }],
    ['size', { size: -1 }],
    ['size', { size: null }],
    ['sha256', { sha256: 'x' }],
    ['filename', { filename: ['x'] }],
  ])('whose %s is none is refused: %j', async (name, fields) => {
    hostile.on(
      'GET /packages/1.0.0/file.bin',
      json({ ...linkTo(`${hostile.url}/blob?`), ...fields }),
    );

    const ran = await pull();

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(new RegExp(`${name}.*\\(BAD_ANSWER\\)`));
    expect(hostile.countOf('GET', '/blob')).toBe(0);
  });
});

describe('text that commands a terminal', () => {
  const EVIL = 'x\u001b]0;owned\u0007\u009b2J\u202e\nstowage: all is well';

  test.each<[string, string, Reply, readonly string[]]>([
    [
      'a detail',
      'GET /v1/versions',
      problem(403, { code: 'FORBIDDEN', detail: EVIL, instance: EVIL }),
      ['ls'],
    ],
    [
      'versions',
      'GET /v1/versions',
      json({ items: [{ versionId: EVIL, createdAt: EVIL }] }),
      ['ls'],
    ],
    [
      'channels',
      'GET /v1/channels',
      json({ items: [{ channel: EVIL, versionId: EVIL, updatedAt: 1 }] }),
      ['channel', 'ls'],
    ],
    [
      'a channel',
      'PUT /v1/channels/stable',
      json({ channel: EVIL, versionId: EVIL }),
      ['channel', 'set', 'stable', '1'],
    ],
    [
      'a file name',
      'GET /packages/1.0.0/a.bin',
      json({ ...linkTo('x'), filename: EVIL }),
      ['pull', '1.0.0/a.bin'],
    ],
    [
      'a reason',
      'GET /packages/1.0.0/a.bin',
      problem(410, { code: 'YANKED', detail: EVIL }),
      ['pull', '1.0.0/a.bin'],
    ],
    [
      'a token',
      'POST /v1/tokens',
      json({ tokenId: EVIL, token: EVIL }),
      ['token', 'create', '--name', 'n', '--scope', 'read'],
    ],
    [
      'fields',
      'GET /v1/versions/1/packages/a',
      json({ packageId: 'a', ext: 'zip', metadata: { [EVIL]: EVIL }, size: 1, more: [EVIL] }),
      ['show', '1/a.zip'],
    ],
  ])('in %s is shown in numbers, and as JSON', async (_, route, reply, words) => {
    hostile.on(route, reply);

    await expectHarmless(...words);
  });

  test('in SHA256SUMS is shown in numbers, and as JSON', async () => {
    const file = EVIL.replace('\n', '.');
    hostile.on('GET /packages/1.0.0/SHA256SUMS', (_, response) =>
      response.end(`${'a'.repeat(64)}  ${file}\n`),
    );
    hostile.on(
      `GET /packages/1.0.0/${encodeURIComponent(file)}`,
      json(linkTo(`${hostile.url}/blob?`)),
    );
    hostile.on('GET /blob', (_, response) => response.end('evil'));
    hostile.on('GET /v1/versions/1.0.0/packages', json({ items: [] }));

    await expectHarmless('pull', '1.0.0', '--out', 'sums');
  });

  async function expectHarmless(...words: readonly string[]): Promise<void> {
    for (const ran of [await stowage(...words), await stowage(...words, '--json')]) {
      expect(ran.stdout + ran.stderr).not.toMatch(
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
        /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/,
      );
      expect(ran.stdout + ran.stderr).not.toMatch(/^stowage: all is well/m);
      expect(ran.stdout + ran.stderr).toContain('u202e');
    }
  }
});

describe('a list that goes round', () => {
  test('is left at the second time of the same page', async () => {
    hostile.on('GET /v1/versions', json({ items: [], nextCursor: 'again' }));

    const ran = await stowage('ls');

    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/goes round.*\(BAD_ANSWER\)/);
    expect(hostile.countOf('GET', '/v1/versions')).toBe(2);
  });
});
