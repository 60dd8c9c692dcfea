/** The settings of a server on this machine, for the entrances that start one or look into its storage. */
import type { Settings } from '../core/settings.ts';
import { readSettings as read } from '../lambda/env.ts';

/** @throws ServiceError INVALID_INPUT with one line for every fault */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  return read(env);
}
