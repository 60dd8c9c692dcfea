/** Says why nothing is sent: one error for one file, one list for several. */
import type { Cli, Session } from '../command/cli.ts';
import { type Fault, failure, misuse } from '../output/fault.ts';
import type { Problem } from './plan/find-files.ts';

/**
 * Sets the exit code if one file was to be pushed.
 * @throws Fault with the list if several were
 */
export function refuse(
  cli: Pick<Cli, 'exitCode'>,
  { output }: Pick<Session, 'output'>,
  problems: readonly Problem[],
  fileCount: number,
): void {
  for (const { path, code, message, hint } of problems)
    output.document({ file: path, error: { code, message, hint } });
  const [first] = problems;
  if (first === undefined) return;
  if (fileCount > 1) throw listOf(first, problems, fileCount);
  const fault = faultOf(first);
  if (!output.json) output.fault(fault);
  cli.exitCode = fault.exitCode;
}

function faultOf({ code, message, hint }: Problem): Fault {
  return code === 'MISUSE' ? misuse(message, hint) : failure(code, message, { hint });
}

function listOf(first: Problem, problems: readonly Problem[], fileCount: number): Fault {
  const isOneCode = problems.every(({ code }) => code === first.code);
  const hints = new Set(problems.map(({ hint }) => hint).filter((hint) => hint !== undefined));
  const lines = problems.map(({ message }) => `- ${message}`);
  return failure(
    isOneCode ? first.code : 'NOTHING_SENT',
    `nothing was sent: ${problems.length} of ${fileCount} files can't be published`,
    { hint: [...lines, ...hints].join('\n') },
  );
}
