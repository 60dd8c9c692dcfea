/** The config file at the usual place of the platform: `{ "url": "...", "token": "..." }`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { misuse } from '../fault.ts';

export interface ConfigFile {
  readonly path: string;
  readonly url?: string;
  readonly token?: string;
}

const FIELDS: ReadonlySet<string> = new Set(['url', 'token']);

/** @throws Fault (misuse) where the file is there and can't be used */
export function readConfigFile(): ConfigFile {
  const path = join(envPaths('stowage', { suffix: '' }).config, 'config.json');
  const text = readIfThere(path);
  if (text === undefined) return { path };
  const config = parse(path, text);
  for (const [name, value] of Object.entries(config)) {
    if (!FIELDS.has(name)) throw misuse(`${path} may hold url and token, got ${JSON.stringify(name)}`);
    if (typeof value !== 'string' || value === '') throw misuse(`${name} in ${path} must be text that is not empty`);
  }
  return { ...config, path };
}

function parse(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw misuse(`${path} is not JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
  throw misuse(`${path} must hold a JSON object such as {"url": "https://...", "token": "stw_..."}`);
}

/** The text of a small file. @returns undefined where there is none that we may read */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && UNREADABLE.has(String(error.code))) return undefined;
    throw error;
  }
}

const UNREADABLE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM']);
