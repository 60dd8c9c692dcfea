/** Serves the page, and makes an upload grant for each file that it may upload. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { StowageClient } from 'stowage/client';

const { STOWAGE_URL, STOWAGE_TOKEN, PORT = '8080' } = process.env;
const TYPES = { html: 'text/html', js: 'text/javascript', css: 'text/css' };

/** With a token of scope publish, which never leaves this server. */
const client = new StowageClient({ url: STOWAGE_URL, token: STOWAGE_TOKEN });

async function answer(request) {
  if (request.method === 'POST' && request.url === '/grants') {
    const { versionId, filename, size } = await json(request);
    // Your rules go here: who is signed in, and which names, sizes and versions they may upload.
    const packageId = filename.match(/[A-Za-z0-9]+/g).join('-');
    const { token, expiresAt } = await client.grantUpload({ versionId, packageId, filename, size });
    return ['json', JSON.stringify({ token, expiresAt })];
  }
  const { pathname } = new URL(request.url, 'http://page');
  const [, name = 'index.html'] = /^\/([\w-]+\.(?:html|js|css))?$/.exec(pathname) ?? [];
  return [name.split('.')[1], await readFile(new URL(`public/${name}`, import.meta.url))];
}

createServer((request, response) => {
  answer(request).then(
    ([type, body]) =>
      response.setHeader('content-type', TYPES[type] ?? 'application/json').end(body),
    (error) => response.writeHead(400).end(error.message),
  );
}).listen(Number(PORT), '127.0.0.1');
