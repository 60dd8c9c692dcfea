/**
 * Shows the progress of a migration: a line that is rewritten on a terminal, a line now and then in
 * a pipe, nothing with --json.
 */

import { humanSize } from '../../core/human-size.ts';
import type { Output } from '../output/output.ts';
import type { Amounts } from './report.ts';

export interface MigrationProgress {
  /** Called when the total is known. */
  expect(total: Amounts): void;
  /** Called with the number of bytes that were sent, of any file. */
  sent(bytes: number): void;
  /** Called when a file is finished. */
  done(bytes: number): void;
  /** Removes the line, so that other lines can be printed. */
  pause(): void;
  end(): void;
}

const REDRAW_MS = 100;
/** In a pipe, where lines cannot be rewritten. */
const LINE_EVERY_MS = 5000;

export function showProgress(
  output: Output,
  terminal: { write(text: string): unknown },
): MigrationProgress {
  const startedAt = performance.now();
  let total: Amounts | undefined;
  let [files, bytes, sentBytes] = [0, 0, 0];
  let isDrawn = false;
  const line = () =>
    lineOf({ files, bytes, sentBytes, total, seconds: (performance.now() - startedAt) / 1000 });
  const clear = () => {
    if (isDrawn) terminal.write('\r\x1b[K');
    isDrawn = false;
  };
  const draw = () => {
    if (!output.showsBars) return output.note(line());
    terminal.write(`\r\x1b[K${line()}`);
    isDrawn = true;
  };
  const timer = setInterval(draw, output.showsBars ? REDRAW_MS : LINE_EVERY_MS);
  timer.unref();
  return {
    expect: (amounts) => {
      total = amounts;
    },
    sent: (more) => {
      sentBytes += more;
    },
    done: (size) => {
      files += 1;
      bytes += size;
    },
    pause: clear,
    end: () => {
      clearInterval(timer);
      clear();
    },
  };
}

interface State {
  readonly files: number;
  readonly bytes: number;
  readonly sentBytes: number;
  readonly total: Amounts | undefined;
  readonly seconds: number;
}

function lineOf({ files, bytes, sentBytes, total, seconds }: State): string {
  const rate = sentBytes / Math.max(seconds, 0.001);
  const sent = `${humanSize(Math.round(sentBytes))} sent, ${humanSize(Math.round(rate))}/s`;
  if (total === undefined) return `${files} files, ${sent}`;
  // A file in flight counts with its bytes that were sent.
  const come = Math.min(total.bytes, Math.max(bytes, sentBytes));
  return `${files} of ${total.files} files, ${humanSize(come)} of ${humanSize(total.bytes)}, ${sent}${left(come, total, files, seconds)}`;
}

/** Measured in bytes, except for files so small that their number determines the time. */
function left(come: number, total: Amounts, files: number, seconds: number): string {
  const share = Math.min(
    total.bytes === 0 ? 1 : come / total.bytes,
    total.files === 0 ? 1 : files / total.files,
  );
  const ofBytes = total.bytes === 0 ? 1 : come / total.bytes;
  const isSmall = total.bytes / Math.max(total.files, 1) < 256 * 1024;
  const done = isSmall ? share : ofBytes;
  if (done <= 0 || seconds < 1) return '';
  const rest = Math.round((seconds / done) * (1 - done));
  const [minutes, secs] = [Math.floor(rest / 60), rest % 60];
  if (minutes >= 60) return `, ${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
  return minutes > 0 ? `, ${minutes} min ${secs} s left` : `, ${secs} s left`;
}
