/** What is done when output can't be written: whoever reads may stop reading (`stowage ls | head`), which is no failure; a full disk is one. */

import { failure } from '../output/fault.ts';
import { Output, type OutputStreams } from '../output/output.ts';
import { explain } from './explain.ts';

export interface OutputWatch {
  /** Waits until all that was printed is written, or can't be. @returns whether it was written, as far as anybody read it */
  flushed(): Promise<boolean>;
}

/** The work goes on without output. What else than a reader's leaving went wrong is told on stderr, once. */
export function watchOutput(streams: OutputStreams, json: boolean): OutputWatch {
  let isWhole = true;
  const heed = (tell: (error: Error) => void) => (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || !isWhole) return;
    isWhole = false;
    tell(error);
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
