/** The entry of the Action, for its main step and its post step. */
import { explain } from '../cli/command/explain.ts';
import { onInterruption } from '../cli/command/interruption.ts';
import { publish } from './publish.ts';
import { revoke } from './revoke.ts';
import { Runner } from './runner.ts';

const runner = new Runner(process.env, (text) => process.stdout.write(text));

if (runner.kept('isPost') === 'true') {
  await revoke(runner);
} else {
  runner.keep('isPost', 'true');
  const { signal, release } = onInterruption();
  try {
    await publish(runner, signal);
  } catch (error) {
    const { code, message, hint } = explain(error);
    runner.error(`${message} (${code})${hint === undefined ? '' : `\n${hint}`}`);
    process.exitCode = 1;
  } finally {
    release();
  }
}
