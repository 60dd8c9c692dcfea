/**
 * Shows the progress of a file: a bar on a terminal, a line now and then in a pipe, nothing with
 * --json.
 */
import { Presets, SingleBar } from 'cli-progress';
import { humanSize } from '../../core/human-size.ts';
import type { Output } from './output.ts';
import { printableInLine } from './printable.ts';

export interface Progress {
  /** The current activity and its progress; `bytes` may decrease. */
  show(doing: string, bytes: number): void;
  /** Removes the bar, so that other lines can be printed. */
  end(): void;
}

/** In a pipe, where lines cannot be rewritten. Work that ends sooner prints none. */
const LINE_EVERY_MS = 5000;

export function progressOf(output: Output, name: string, totalBytes: number): Progress {
  const shown = printableInLine(name);
  return output.showsBars ? barOf(output, shown, totalBytes) : linesOf(output, shown, totalBytes);
}

function barOf(output: Output, name: string, totalBytes: number): Progress {
  const bar = new SingleBar(
    {
      format: '{name}  {bar}  {percentage}%  {done} of {total_}  {doing}',
      clearOnComplete: true,
      hideCursor: true,
      stream: output.terminal,
      // Ctrl-C is handled in one place, which stops every bar.
      gracefulExit: false,
      noTTYOutput: false,
      barsize: 24,
    },
    Presets.shades_classic,
  );
  const payload = (doing: string, bytes: number) => ({
    name,
    doing,
    done: humanSize(bytes),
    total_: humanSize(totalBytes),
  });
  bar.start(totalBytes, 0, payload('', 0));
  return {
    show: (doing, bytes) => bar.update(bytes, payload(doing, bytes)),
    end: () => bar.stop(),
  };
}

function linesOf(output: Output, name: string, totalBytes: number): Progress {
  let nextAt = Date.now() + LINE_EVERY_MS;
  return {
    show(doing, bytes) {
      if (Date.now() < nextAt) return;
      nextAt = Date.now() + LINE_EVERY_MS;
      output.note(
        `${name}: ${doing}, ${Math.floor((bytes / totalBytes) * 100)}% of ${humanSize(totalBytes)}`,
      );
    },
    end: () => undefined,
  };
}
