/** The environment of this process; the only place below `cli/` that reads it. */
import type { Environment } from './settings-reader.ts';

/** What the operator, Lambda or the stack has set. */
export function processEnvironment(): Environment {
  return process.env;
}
