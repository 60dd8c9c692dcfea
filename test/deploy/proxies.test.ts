/** The files for a proxy with TLS: they reach a server with default settings, as the page says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readSettings } from '../../open/settings/server-settings.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/self-hosting.md');
const { host, port } = readSettings({ STORAGE_LOCAL_PATH: '/var/lib/stowage' });

/** The directives of nginx in a text, by name; a name can have several values. */
function directivesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('#') && line.endsWith(';'));
}

test('the file for nginx passes requests on to where the server listens', () => {
  expect(directivesOf(read('deploy/nginx/stowage.conf'))).toContain(
    `proxy_pass http://${host}:${port};`,
  );
});

test('the file for nginx has all that the page asks of a proxy', () => {
  const [, section = ''] = page.split('<!-- nginx -->');

  const asked = directivesOf(section);

  expect(asked).toContain('client_max_body_size 0;');
  expect(directivesOf(read('deploy/nginx/stowage.conf'))).toEqual(
    expect.arrayContaining([...asked]),
  );
});

test('the file for nginx serves the API on TLS alone', () => {
  const [plain = ''] = read('deploy/nginx/stowage.conf').split('listen 443 ssl;');

  expect(plain).toContain('return 301 https://packages.example.com$request_uri;');
  expect(plain).not.toContain('proxy_pass');
});

test('the file for Caddy passes requests on to where the server listens', () => {
  expect(read('deploy/caddy/Caddyfile')).toContain(`\treverse_proxy ${host}:${port}\n`);
});

test('the files name the host that PUBLIC_URL has on the page', () => {
  const { hostname } = new URL(/^PUBLIC_URL=(.*)$/m.exec(page)?.[1] ?? '');

  expect(directivesOf(read('deploy/nginx/stowage.conf'))).toContain(`server_name ${hostname};`);
  expect(read('deploy/caddy/Caddyfile')).toContain(`\n${hostname} {\n`);
});
