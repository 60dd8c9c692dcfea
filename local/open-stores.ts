/**
 * Opens the store and the catalog for a command that reads and repairs records, while a server may
 * be running. It creates nothing and removes no leftovers.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { pino } from 'pino';
import { ServiceError } from '../core/errors.ts';
import type { Catalog } from '../core/ports/catalog.ts';
import type { Stores } from '../core/ports/stores.ts';
import type { Settings } from '../core/settings.ts';
import { compose } from './compose.ts';

export interface OpenStores extends Stores {
  readonly catalog: Catalog;
  close(): Promise<void>;
}

/** @throws NOT_FOUND when the catalog file is missing, ServiceError that names the wrong setting */
export async function openStores(settings: Settings): Promise<OpenStores> {
  const { catalog: config } = settings;
  if (config.type === 'sqlite' && !existsSync(config.path)) {
    throw new ServiceError('NOT_FOUND', `there is no catalog at ${config.path}`);
  }
  // Nothing is signed or served here, so any key and any address will do.
  const { services, probe, close } = await compose(settings, {
    signingKey: randomBytes(32),
    publicUrl: 'http://localhost',
    log: pino({ level: 'silent' }),
    recover: false,
  });
  try {
    await probe();
  } catch (error) {
    await close();
    throw error;
  }
  const { store, fallback, catalog } = services;
  return { store, ...(fallback === undefined ? {} : { fallback }), catalog, close };
}
