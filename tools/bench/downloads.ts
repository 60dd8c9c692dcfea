/** Downloads through the gateway of signed URLs, beside a plain server that sends files by the `send` package. */
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { join } from 'node:path';
import { type Measured, startMeasured } from './measure/processes.ts';
import { call, complete, create, startStowage } from './measure/stowage-server.ts';
import { reportRatio } from './measure/table.ts';

const MIB = 1024 * 1024;
const SIZE = 100 * MIB;
const ROUNDS = 5;

export async function benchDownloads(): Promise<void> {
  const server = await startStowage({ LINK_TTL_SECONDS: '900' });
  const bytes = randomBytes(SIZE);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { upload } = await create(server, 'large', { size: SIZE, sha256 });
  await call(upload.request.url, 'PUT', upload.request.headers, bytes);
  await complete(server, 'large');
  const link = await call(`${server.url}/packages/bench/large.bin`, 'GET', {
    ...server.headers,
    accept: 'application/json',
  });
  const url = (JSON.parse(link.text) as { url: string }).url;
  const plain = await startMeasured([
    'tools/bench/empty-server.ts',
    '--send',
    join(server.folder, 'packages'),
  ]);

  const best = { ours: 0, plain: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    best.plain = Math.max(
      best.plain,
      await bytesPerCpuSecond(plain, `${plain.url}/bench/large.bin`),
    );
    best.ours = Math.max(best.ours, await bytesPerCpuSecond(server, url));
  }
  const detail = `${Math.round(best.ours / MIB)} of ${Math.round(best.plain / MIB)} MiB per CPU second`;
  reportRatio(
    'download of 100 MiB, beside a plain send server',
    best.ours / best.plain,
    0.8,
    detail,
  );
  await plain.stop();
  await server.stop();
}

async function bytesPerCpuSecond(server: Measured, url: string): Promise<number> {
  const before = server.cpuSeconds();
  let total = 0;
  // Several in a row: the clock that counts a process's CPU time is coarse.
  for (let count = 0; count < 4; count++) total += await drain(url);
  return total / (server.cpuSeconds() - before);
}

/** Reads and drops an answer. @returns its bytes */
export function drain(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const sent = request(url, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`download answered ${answer.statusCode}`));
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      answer.on('end', () => resolve(bytes));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}
