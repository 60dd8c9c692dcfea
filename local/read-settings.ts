/** The settings of a server on this machine, for the entrances that start one, prepare its table or look into its storage. */
import type { DynamoCatalogConfig, Settings } from '../core/settings.ts';
import { readSettings as read, readTableSettings as readTable } from '../open/settings/env.ts';

/** @throws ServiceError INVALID_INPUT with one line for every fault */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  return read(env);
}

/** Those alone that name the table. @throws ServiceError INVALID_INPUT with one line for every fault */
export function readTableSettings(env: Readonly<Record<string, string | undefined>>): DynamoCatalogConfig {
  return readTable(env);
}
