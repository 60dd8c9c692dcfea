/**
 * The entrance of the executable that brings its own Node (`npm run build:binary`). Node runs it as
 * a script of CommonJS, without files beside it.
 */
import { run } from '../cli/run.ts';
import { RELEASE } from '../core/release.ts';

/** Put in by tools/binary/programs.ts: what the executable was made from. */
declare const BUILD: { readonly commit: string; readonly lock: string };
/** Put in by tools/binary/programs.ts: by this word the server starts itself as a worker. */
declare const WORKER: string;

const words = process.argv.slice(2);
if (process.send !== undefined && words.at(-1) === WORKER) {
  void import('../local/worker-program.ts');
} else if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  console.log(`${RELEASE} (commit ${BUILD.commit}, package-lock.json ${BUILD.lock})`);
} else {
  void run(words).then((exitCode) => {
    process.exitCode = exitCode;
  });
}
