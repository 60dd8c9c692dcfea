/**
 * What happens when output cannot be written. The reader may stop reading (`stowage ls | head`),
 * which is no failure; a full disk is one.
 */

import { failure } from '../output/fault.ts';
import { Output, type OutputStreams } from '../output/output.ts';
import { explain } from './explain.ts';

export interface OutputWatch {
  /**
   * Waits until all output is written or has failed.
   * @returns false if writing failed for another reason than a reader that stopped reading
   */
  flushed(): Promise<boolean>;
}

/**
 * Lets the work continue without output. A fault is reported on stderr, once, unless the reader
 * just stopped reading.
 */
export function watchOutput(streams: OutputStreams, json: boolean): OutputWatch {
  let isWhole = true;
  const heed = (report: (error: Error) => void) => (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || !isWhole) return;
    isWhole = false;
    report(error);
  };
  const { stdout, stderr } = streams;
  stdout.on(
    'error',
    heed((error) => {
      const { code, message } = explain(error);
      new Output(streams, json).fault(failure(code, `the output can't be written: ${message}`));
    }),
  );
  stderr.on(
    'error',
    heed(() => undefined),
  );
  const flushed = async () => {
    for (const stream of [stdout, stderr])
      await new Promise<void>((done) => stream.write('', () => done()));
    return isWhole;
  };
  return { flushed };
}
