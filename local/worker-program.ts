/** The program of a worker: opens stores and catalog for reading, and answers what it is given. */
import type { Socket } from 'node:net';
import { describeError } from '../service/host/describe-error.ts';
import type { CountedRequests } from './metrics/request-counts.ts';
import { type ReadingWorker, startWorker } from './reading-worker.ts';
import { openLog } from './start/log-output.ts';
import type { ToServer, ToWorker } from './workers/messages.ts';

let worker: Promise<ReadingWorker> | undefined;

process.on('message', (message: ToWorker, socket?: Socket) => {
  if (message.kind === 'start') {
    // What is longer than this could be mixed with lines of other processes in a pipe.
    const options = { serializers: { err: describeError }, maxWrite: 4096 };
    const log = openLog(message.log, options);
    const count = (requests: CountedRequests) =>
      process.send?.({ kind: 'counted', requests } satisfies ToServer);
    const note = (tokenId: string, day: string) =>
      process.send?.({ kind: 'used', tokenId, day } satisfies ToServer);
    worker = startWorker(message, log, count, note);
    worker.then(
      () => process.send?.({ kind: 'ready' } satisfies ToServer),
      (error: unknown) => {
        log.error({ err: error }, 'a worker could not start');
        process.exitCode = 1;
        process.disconnect();
      },
    );
  } else if (message.kind === 'connection' && socket !== undefined) {
    void worker?.then((started) => started.take(socket));
  } else if (message.kind === 'stop') {
    void worker?.then((started) => started.stop(message.graceMs)).finally(() => process.exit());
  }
});

// The server decides when a worker ends. These signals reach all processes of a terminal.
process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined);
// Without the server, a worker must not go on.
process.once('disconnect', () => process.exit());
