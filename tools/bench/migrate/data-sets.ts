/** Trees of packages as a migration meets them: many small files, some of a MiB, a few large ones. */
import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const KIB = 1024;
const MIB = 1024 * KIB;
const FILES_PER_VERSION = 100;
const CHUNK = 16 * MIB;

export interface DataSet {
  /** As the table names it. */
  readonly name: string;
  readonly files: number;
  readonly bytesEach: number;
  /** How fast it has to be beside s5cmd, which verifies nothing. */
  readonly besideS5cmd: number;
  readonly rounds: number;
}

export const DATA_SETS: readonly DataSet[] = [
  { name: '10,000 x 4 KiB', files: 10_000, bytesEach: 4 * KIB, besideS5cmd: 0.5, rounds: 3 },
  { name: '1,000 x 1 MiB', files: 1_000, bytesEach: MIB, besideS5cmd: 0.8, rounds: 3 },
  { name: '4 x 512 MiB', files: 4, bytesEach: 512 * MIB, besideS5cmd: 0.8, rounds: 3 },
];

/** Fills `folder` with the set, under `packages/`. */
export function makeDataSet(folder: string, { files, bytesEach }: DataSet): void {
  const buffer = Buffer.allocUnsafe(Math.min(bytesEach, CHUNK));
  for (let index = 0; index < files; index++) {
    const version = join(folder, 'packages', `1.${Math.floor(index / FILES_PER_VERSION)}.0`);
    if (index % FILES_PER_VERSION === 0) mkdirSync(version, { recursive: true });
    const file = openSync(join(version, `package-${index}.bin`), 'w');
    for (let done = 0; done < bytesEach; done += buffer.length)
      writeSync(file, randomFillSync(buffer));
    closeSync(file);
  }
  // Otherwise the first run would also pay for writes to disk that are still pending.
  execFileSync('sync');
}
