/** Memory of the server while eight files of 1 GiB go up at once, and while eight come down. */
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { drain } from './downloads.ts';
import {
  type BenchServer,
  call,
  complete,
  create,
  startStowage,
} from './measure/stowage-server.ts';
import { reportBelow } from './measure/table.ts';

const MIB = 1024 * 1024;
const AT_ONCE = 8;
const piece = randomBytes(MIB);

export async function benchMemory(): Promise<void> {
  const server = await startStowage({ LINK_TTL_SECONDS: '900' });
  const small = await uploadPeak(server, 'small', 128 * MIB);
  const large = await uploadPeak(server, 'large', 1024 * MIB);
  reportBelow(
    'memory while 8 uploads of 1 GiB run',
    large / MIB,
    200,
    'MiB',
    `with 128 MiB each: ${mib(small)} MiB`,
  );

  server.resetPeak();
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, index) => downloadOne(server, `large-${index}`)),
  );
  reportBelow('memory while 8 downloads of 1 GiB run', server.peakRssBytes() / MIB, 200, 'MiB');
  await server.stop();
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}

async function uploadPeak(server: BenchServer, name: string, size: number): Promise<number> {
  const hash = createHash('sha256');
  for (let done = 0; done < size; done += MIB) hash.update(piece);
  const sha256 = hash.digest('hex');
  server.resetPeak();
  const ids = Array.from({ length: AT_ONCE }, (_, index) => `${name}-${index}`);
  await Promise.all(ids.map((id) => uploadOne(server, id, size, sha256)));
  return server.peakRssBytes();
}

async function uploadOne(
  server: BenchServer,
  id: string,
  size: number,
  sha256: string,
): Promise<void> {
  const { upload } = await create(server, id, { size, sha256, method: 'single' });
  await new Promise<void>((resolve, reject) => {
    const headers = { ...upload.request.headers, 'content-length': String(size) };
    const sent = request(upload.request.url, { method: 'PUT', headers }, (answer) => {
      answer.resume();
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve() : reject(new Error(`PUT ${answer.statusCode}`)),
      );
    });
    sent.on('error', reject);
    let left = size;
    const more = () => {
      while (left > 0) {
        left -= MIB;
        if (!sent.write(piece) && left > 0) return;
      }
      sent.off('drain', more);
      sent.end();
    };
    sent.on('drain', more);
    more();
  });
  await complete(server, id);
}

async function downloadOne(server: BenchServer, id: string): Promise<void> {
  const headers = { ...server.headers, accept: 'application/json' };
  const link = await call(`${server.url}/packages/bench/${id}.bin`, 'GET', headers);
  await drain((JSON.parse(link.text) as { url: string }).url);
}
