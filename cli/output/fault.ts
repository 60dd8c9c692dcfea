/** The error of a command: a message, a code, and a hint. */
import { isServiceError } from '../../core/errors.ts';

/** 0 done, 1 failed, 2 misuse; 130 stopped by Ctrl-C, as in shells. */
export const EXIT = { done: 0, failed: 1, misuse: 2, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface FaultDetails {
  /** What to do next. */
  readonly hint?: string | undefined;
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly requestId: string | undefined;

  constructor(code: string, message: string, exitCode: ExitCode, details: FaultDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.exitCode = exitCode;
    this.hint = details.hint;
    this.requestId = details.requestId;
  }
}

/** The command was used wrongly: exit code 2. */
export function misuse(message: string, hint?: string): Fault {
  return new Fault('MISUSE', message, EXIT.misuse, { hint });
}

/** The command failed: exit code 1. */
export function failure(code: string, message: string, details?: FaultDetails): Fault {
  return new Fault(code, message, EXIT.failed, details);
}

/** Reads settings. Wrong settings are a misuse, because nothing has begun yet. */
export function asMisuse<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!isServiceError(error, 'INVALID_INPUT')) throw error;
    throw new Fault(error.code, error.message, EXIT.misuse, {
      hint: 'docs/configuration.md explains every setting',
    });
  }
}
