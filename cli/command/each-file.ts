/** Commands that work on one file after the other: each gets its line, and one that fails does not keep the others from it. */

import { EXIT, type Fault } from '../output/fault.ts';
import type { Cli, Session } from './cli.ts';
import { explain } from './explain.ts';

export interface FileWork<Item> {
  run(item: Item): Promise<void>;
  /** What JSON calls the file. */
  about(item: Item): object;
  /** `1.4.0/linux-x64`, for advice. */
  target(item: Item): string;
  /** After faults of these codes the other files would fare no better. */
  readonly general: ReadonlySet<string>;
}

/** @throws Fault that is general: with --json, after the line of the file that it came from */
export async function eachFile<Item>(
  cli: Cli,
  session: Session,
  items: readonly Item[],
  work: FileWork<Item>,
): Promise<void> {
  for (const item of items) {
    try {
      await work.run(item);
    } catch (error) {
      const fault = explain(error, { connection: session.connection, target: work.target(item) });
      session.output.document({ ...work.about(item), error: shown(fault) });
      if (work.general.has(fault.code)) throw fault;
      if (!session.output.json) session.output.fault(fault);
      cli.exitCode = items.length === 1 ? fault.exitCode : EXIT.failed;
    }
  }
}

function shown({ code, message, hint, requestId }: Fault) {
  return { code, message, hint, requestId };
}
