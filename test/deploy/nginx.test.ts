/** deploy/nginx/stowage.conf in Debian's nginx, between the command and a server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { nginx } from '../../tools/servers/debian-packages.ts';
import { runCli } from '../cli/house.ts';
import { selfSigned } from '../support/self-signed.ts';
import { ServerProcess } from '../support/server-process.ts';
import { freePort, untilAnswering } from '../support/servers/listening.ts';

const program = nginx.path() ?? '';
const written = readFileSync(
  join(import.meta.dirname, '..', '..', 'deploy', 'nginx', 'stowage.conf'),
  'utf8',
);
/** More than nginx lets through by itself, and more than it keeps in memory. */
const LARGE = Buffer.alloc(3 * 1024 * 1024, 'stowage');

interface Proxied {
  readonly url: string;
  readonly plainUrl: string;
  /** nginx puts bodies here that it does not pass on at once. */
  readonly drafts: readonly string[];
  readonly folder: string;
  readonly stowage: (...words: readonly string[]) => ReturnType<typeof runCli>;
}

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** Starts both. @param change of the file */
async function start(change = (text: string) => text): Promise<Proxied> {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-nginx-'));
  ending.push(async () => rmSync(folder, { recursive: true, force: true }));
  const [plain, tls] = [await freePort(), await freePort()];
  const url = `https://localhost:${tls}`;
  const server = await ServerProcess.start(join(folder, 'storage'), {
    PUBLIC_URL: url,
    TRUST_PROXY: '1',
  });
  ending.push(async () => void (await server.stop()));
  const { cert, key } = selfSigned('localhost');
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  const site = change(written)
    .replace(/listen \[::\].*\n/g, '')
    .replace('listen 80;', `listen 127.0.0.1:${plain};`)
    .replace('listen 443 ', `listen 127.0.0.1:${tls} `)
    .replaceAll(/ssl_certificate(_key)? .*;/g, (_, of) =>
      of === undefined ? 'ssl_certificate cert.pem;' : 'ssl_certificate_key key.pem;',
    )
    .replace('http://127.0.0.1:8787', server.url);
  const drafts = ['body', 'proxy'].map((name) => join(folder, name));
  for (const draft of drafts) mkdirSync(draft);
  // What Debian's own nginx.conf says around the files of conf.d, for a folder of the test.
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid nginx.pid; error_log stderr; events {}
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
${site}
}
`,
  );
  const child = spawn(program, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  ending.push(() => stop(child));
  await untilAnswering(child, tls);
  const env = {
    STOWAGE_URL: url,
    STOWAGE_TOKEN: server.adminToken,
    NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem'),
  };
  writeFileSync(join(folder, 'large.bin'), LARGE);
  return {
    url,
    plainUrl: `http://127.0.0.1:${plain}`,
    drafts,
    folder,
    stowage: (...words) => runCli(words, { cwd: folder, env }),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

/** Whenever a file is made in a folder, or removed, it has another time. */
const timeOf = (path: string) => statSync(path, { bigint: true }).mtimeNs;

(program === '' ? describe.skip : describe)('behind nginx', () => {
  test('a large file is pushed and pulled, and nginx keeps nothing of it on its own disk', async () => {
    const { url, stowage, drafts, folder } = await start();
    const before = drafts.map(timeOf);

    const pushed = await stowage('push', 'large.bin', '--version', '1.0.0');
    const pulled = await stowage('pull', '1.0.0/large.bin', '--out', 'pulled');

    expect(pushed).toMatchObject({ code: 0, stdout: expect.stringContaining(`${url}/packages/`) });
    expect(pulled).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'pulled', 'large.bin')).equals(LARGE)).toBe(true);
    expect(drafts.map(timeOf)).toEqual(before);
  });

  test('without client_max_body_size, the command says that a proxy refuses, and what to set', async () => {
    const { url, stowage } = await start((text) => text.replace('client_max_body_size 0;', ''));

    const pushed = await stowage('push', 'large.bin', '--version', '1.0.0');

    expect(pushed.code).toBe(1);
    expect(pushed.stderr).toContain(`a proxy in front of ${url} (nginx/`);
    expect(pushed.stderr).toContain('client_max_body_size 0');
  });

  test('requests without TLS are sent to the address with TLS', async () => {
    const { plainUrl } = await start();

    const answer = await fetch(`${plainUrl}/packages/1.0.0/a.bin?x=1`, { redirect: 'manual' });

    expect(answer.status).toBe(301);
    expect(answer.headers.get('location')).toBe(
      'https://packages.example.com/packages/1.0.0/a.bin?x=1',
    );
  });
});
