/** Stable links with STORAGE_TYPE=s3, beside those of the disk: on that path nothing is asked of the store. */
import { load } from '../measure/load.ts';
import { type BenchServer, publish, startStowage } from '../measure/stowage-server.ts';
import { reportRatio } from '../measure/table.ts';
import { startBucket } from '../measure/versitygw-bucket.ts';

const ROUNDS = 9;
const SECONDS = 3;
const path = '/packages/bench/tool.bin';

export async function benchS3Links(): Promise<void> {
  const bucket = await startBucket();
  const disk = await startStowage();
  const s3 = await startStowage(bucket.settings);
  for (const server of [disk, s3]) await publish(server, 'tool', Buffer.from('tool'));
  // Whatever would ask the store now would fail.
  await bucket.stop();

  for (const server of [disk, s3]) await perCpuSecond(server);
  const ratios: number[] = [];
  const best = { disk: 0, s3: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const [ofDisk, ofS3] = [await perCpuSecond(disk), await perCpuSecond(s3)];
    ratios.push(ofS3 / ofDisk);
    best.disk = Math.max(best.disk, ofDisk);
    best.s3 = Math.max(best.s3, ofS3);
  }
  ratios.sort((a, b) => a - b);
  const detail = `median of ${ROUNDS}; at best ${Math.round(best.s3)} and ${Math.round(best.disk)} answers per CPU second, the store stopped`;
  reportRatio(
    'stable link answers from S3, beside those from disk',
    ratios[(ROUNDS - 1) / 2] ?? 0,
    0.85,
    detail,
  );
  await disk.stop();
  await s3.stop();
}

async function perCpuSecond(server: BenchServer): Promise<number> {
  const wanted = { path, headers: server.headers, connections: 16, expect: 302, seconds: SECONDS };
  return (await load(server, wanted)).perCpuSecond;
}
