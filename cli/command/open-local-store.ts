/**
 * Opens the store and the catalog from the settings of a server, for commands that read them
 * directly.
 */
import { isServiceError } from '../../core/errors.ts';
import { type OpenStores, openStores } from '../../local/open-stores.ts';
import { readSettings } from '../../open/settings/server-settings.ts';
import { failure } from '../output/fault.ts';

/** @throws Fault if nothing was ever stored there, ServiceError */
export async function openLocalStore(
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenStores> {
  try {
    return await openStores(readSettings(env));
  } catch (error) {
    if (!isServiceError(error, 'NOT_FOUND')) throw error;
    throw failure('NOT_FOUND', error.message, {
      hint: 'set STORAGE_LOCAL_PATH (and CATALOG_PATH) as the server has them, or run this in its folder',
    });
  }
}
