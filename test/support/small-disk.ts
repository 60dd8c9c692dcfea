/** A file system of a few MiB, which a test can fill: mounted in memory, where this user may mount. */

import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '../../storage/file-system.ts';

export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Undefined where nothing can be mounted: not root, or not Linux. */
  static mount(mebibytes: number): SmallDisk | undefined {
    const path = mkdtempSync(join(tmpdir(), 'stowage-small-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'stowage-test', path], {
        stdio: 'ignore',
      });
      return new SmallDisk(path);
    } catch {
      rmdirSync(path);
      return undefined;
    }
  }

  /** Writes until the disk is full. */
  fill(): void {
    const file = openSync(this.#filler(), 'a');
    try {
      for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2))
        writeUntilFull(file, Buffer.alloc(size, 'f'));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Makes room again. */
  empty(): void {
    rmSync(this.#filler());
  }

  unmount(): void {
    // Lazily: a file that is still open must not keep the test from ending.
    execFileSync('umount', ['-l', this.path]);
    rmdirSync(this.path);
  }

  #filler(): string {
    return join(this.path, 'filler');
  }
}

function writeUntilFull(file: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(file, bytes);
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC') throw error;
  }
}
