/** Reads the settings of a function on AWS from its environment. */
import { processEnvironment } from '../../open/settings/environment.ts';
import {
  type Environment,
  readAll,
  type SettingsReader,
} from '../../open/settings/settings-reader.ts';

/** @throws INVALID_INPUT with one line for every fault */
export function readFunctionSettings<Read>(
  read: (reader: SettingsReader) => Read,
  env: Environment = processEnvironment(),
): Read {
  return readAll(env, read);
}
