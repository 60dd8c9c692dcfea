/**
 * Runs a command for one file after the other. Each gets a line, and the others go on if one fails.
 */

import { EXIT, type Fault } from '../output/fault.ts';
import type { Cli, Session } from './cli.ts';
import { explain } from './explain.ts';

export interface FileWork<Item> {
  run(item: Item): Promise<void>;
  /** Identifies the file in JSON output. */
  about(item: Item): object;
  /** `1.4.0/linux-x64`, for hints. */
  target(item: Item): string;
  /** Errors with these codes would stop the other files too. */
  readonly general: ReadonlySet<string>;
}

/** @throws Fault with a general code; with --json, after the line of the file that caused it */
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
      session.output.document({ ...work.about(item), error: presentFault(fault) });
      if (work.general.has(fault.code)) throw fault;
      if (!session.output.json) session.output.fault(fault);
      cli.exitCode = items.length === 1 ? fault.exitCode : EXIT.failed;
    }
  }
}

function presentFault({ code, message, hint, requestId }: Fault) {
  return { code, message, hint, requestId };
}
