/**
 * Shows the progress of many files together: one line on a terminal, which is drawn again and
 * again, a line now and then in a pipe, nothing with --json.
 */

import { humanSize } from '../../core/human-size.ts';
import type { Output } from './output.ts';
import type { Progress } from './progress.ts';

export interface OverallProgress {
  /** The progress of one of the files. `end` keeps what it has shown. */
  file(sizeBytes: number): FileProgress;
  /** Removes the line, so that the terminal is clean. */
  end(): void;
}

export interface FileProgress extends Progress {
  /** @param workedBytes how much of it this run did; the rest was done before */
  done(workedBytes: number): void;
}

export interface Total {
  readonly files: number;
  readonly bytes: number;
}

const LINE_EVERY_MS = 5000;
const DRAW_EVERY_MS = 100;
/** Where a terminal does not say how wide it is. */
const COLUMNS = 80;

/** @param doing such as `hashing`; @param now milliseconds */
export function overallProgress(
  output: Output,
  doing: string,
  total: Total,
  now: () => number = Date.now,
): OverallProgress {
  return new Overall(output, doing, total, now);
}

class Overall implements OverallProgress {
  readonly #output: Output;
  readonly #doing: string;
  readonly #total: Total;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #shown = new Map<object, number>();
  #doneFiles = 0;
  #doneBytes = 0;
  /** Of these, bytes that an earlier run had stored. */
  #skippedBytes = 0;
  #nextAt: number;
  #isDrawn = false;

  constructor(output: Output, doing: string, total: Total, now: () => number) {
    this.#output = output;
    this.#doing = doing;
    this.#total = total;
    this.#now = now;
    this.#startedAt = now();
    this.#nextAt = this.#startedAt + (output.showsBars ? DRAW_EVERY_MS : LINE_EVERY_MS);
    output.drawn(() => this.#erase());
  }

  file(sizeBytes: number): FileProgress {
    const key = {};
    return {
      show: (_, bytes) => {
        this.#shown.set(key, Math.min(bytes, sizeBytes));
        this.#draw();
      },
      done: (workedBytes) => {
        this.#shown.delete(key);
        this.#doneFiles += 1;
        this.#doneBytes += sizeBytes;
        this.#skippedBytes += Math.max(0, sizeBytes - workedBytes);
        this.#draw();
      },
      end: () => void this.#shown.delete(key),
    };
  }

  end(): void {
    this.#erase();
    this.#output.drawn();
  }

  #draw(): void {
    if (this.#output.json || this.#now() < this.#nextAt) return;
    const lines = this.#lines();
    if (!this.#output.showsBars) {
      this.#nextAt = this.#now() + LINE_EVERY_MS;
      this.#output.note(lines[0] ?? '');
      return;
    }
    this.#nextAt = this.#now() + DRAW_EVERY_MS;
    const { terminal } = this.#output;
    // The last column stays free: some terminals begin a new line when it is filled.
    const room = ((terminal as { columns?: number }).columns || COLUMNS) - 1;
    const line = lines.find((one) => one.length <= room) ?? lines.at(-1)?.slice(0, room) ?? '';
    terminal.write(`\r${line}\u001b[K`);
    this.#isDrawn = true;
  }

  #erase(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    this.#output.terminal.write('\r\u001b[K');
  }

  /** The same in ever fewer words, for narrow terminals. */
  #lines(): readonly string[] {
    const { files, bytes: totalBytes } = this.#total;
    const bytes = this.#doneBytes + [...this.#shown.values()].reduce((sum, one) => sum + one, 0);
    const seconds = (this.#now() - this.#startedAt) / 1000;
    const rate = seconds > 0 ? Math.max(0, bytes - this.#skippedBytes) / seconds : 0;
    const speed = rate > 0 ? `${humanSize(Math.round(rate))}/s` : '';
    const left = rate > 0 ? `${clock((totalBytes - bytes) / rate)} left` : '';
    const sizes = `${humanSize(bytes)} of ${humanSize(totalBytes)}`;
    const count = `${this.#doneFiles}/${files}`;
    const percent = `${Math.floor((bytes / Math.max(1, totalBytes)) * 100)}%`;
    const joined = (...parts: readonly string[]) => parts.filter((one) => one !== '').join('  ');
    return [
      joined(`${this.#doing} ${count} files`, percent, sizes, speed, left),
      joined(`${count} files`, percent, sizes, speed, left),
      joined(`${count} files`, percent, speed, left),
      joined(count, percent, left),
      joined(count, percent),
    ];
  }
}

/** `0:25`, `12:04`, `3:00:00`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}
