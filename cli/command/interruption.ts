/**
 * Ctrl-C and SIGTERM as an AbortSignal: the first asks the command to end cleanly, the second ends
 * the process.
 */
import { EXIT } from '../output/fault.ts';

export interface Interruption {
  readonly signal: AbortSignal;
  /** Removes the signal handlers. */
  release(): void;
}

export function onInterruption(): Interruption {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort(new DOMException('stopped', 'AbortError'));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return {
    signal: controller.signal,
    release: () => process.off('SIGINT', stop).off('SIGTERM', stop),
  };
}
