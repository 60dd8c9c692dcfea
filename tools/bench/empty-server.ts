/** The yardstick: a node:http server that does nothing but answer 302; with `--send FOLDER`, one that sends files by the `send` package. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import send from 'send';

const folder = process.argv[2] === '--send' ? process.argv[3] : undefined;

const server = createServer((request, response) => {
  if (folder !== undefined) {
    send(request, request.url ?? '/', { root: folder }).pipe(response);
    return;
  }
  request.resume();
  response.writeHead(302, { location: 'http://127.0.0.1/elsewhere', 'content-length': '0' });
  response.end();
});

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
