/** The program of the worker that hashes one file. The package has it as one file without imports. */
import { hashInParts } from './hash-in-parts.ts';
import { type FromWorker, Gate, type ToWorker } from './hash-messages.ts';

interface WorkerScope {
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
  postMessage(message: FromWorker): void;
}

const scope = globalThis as unknown as WorkerScope;
const gate = new Gate();

scope.onmessage = ({ data }) => {
  if (data.kind === 'allow') gate.allow(data.upTo);
  else void start(data);
};

async function start({ file, partSize }: Extract<ToWorker, { kind: 'start' }>): Promise<void> {
  try {
    const sha256 = await hashInParts({
      file,
      partSize,
      mayHash: (partNumber) => gate.pass(partNumber),
      pause: () => undefined,
      onPart: (partNumber, digest) =>
        scope.postMessage({ kind: 'part', partNumber, sha256: digest }),
      onBytes: (bytes) => scope.postMessage({ kind: 'bytes', bytes }),
    });
    scope.postMessage({ kind: 'whole', sha256 });
  } catch (error) {
    scope.postMessage({
      kind: 'failed',
      message: error instanceof Error ? error.message : String(error),
    });
  }
}
