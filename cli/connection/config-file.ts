/**
 * Reads and writes the config file, at the usual place of the platform:
 * `{ "url": "...", "token": "...", "stores": { "spaces": { "bucket": "..." } } }`.
 */
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import envPaths from 'env-paths';
import { misuse } from '../output/fault.ts';

export interface ConfigFile {
  readonly path: string;
  readonly url?: string;
  readonly token?: string;
  /** Named stores for `stowage migrate`; cli/migrate/read-store.ts says what each may hold. */
  readonly stores?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const FIELDS: ReadonlySet<string> = new Set(['url', 'token', 'stores']);

/** @throws Fault (misuse) if the file exists but cannot be used */
export function readConfigFile(): ConfigFile {
  const path = join(envPaths('stowage', { suffix: '' }).config, 'config.json');
  const text = readIfThere(path);
  if (text === undefined) return { path };
  const config = parse(path, text);
  for (const [name, value] of Object.entries(config)) {
    if (!FIELDS.has(name))
      throw misuse(`${path} may hold url, token and stores, got ${JSON.stringify(name)}`);
    if (name === 'stores') requireStores(path, value);
    else if (typeof value !== 'string' || value === '')
      throw misuse(`${name} in ${path} must be text that is not empty`);
  }
  return { ...config, path };
}

/**
 * Replaces URL and token, or removes them, and keeps everything else. Only this user may read the
 * file. It is replaced as a whole, so that no other program reads half of it.
 * @returns its path
 */
export function writeConnection(
  connection: { readonly url: string; readonly token: string } | undefined,
): string {
  const { path, url: _url, token: _token, ...others } = readConfigFile();
  const content = { ...connection, ...others };
  const target = realPathOf(path);
  if (Object.keys(content).length === 0) {
    rmSync(target, { force: true });
    return path;
  }
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const temporary = `${target}.${crypto.randomUUID()}`;
  try {
    writeFileSync(temporary, `${JSON.stringify(content, undefined, 2)}\n`, {
      mode: 0o600,
      flag: 'wx',
    });
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
  }
  return path;
}

/** The config file may be a link, such as into a folder of dotfiles: that stays. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function parse(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw misuse(`${path} is not JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
  throw misuse(
    `${path} must hold a JSON object such as {"url": "https://...", "token": "stw_..."}`,
  );
}

function requireStores(path: string, stores: unknown): void {
  const isObject = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(stores))
    throw misuse(`stores in ${path} must be an object such as {"spaces": {"bucket": "releases"}}`);
  for (const [name, store] of Object.entries(stores as object)) {
    const isText =
      isObject(store) && Object.values(store).every((value) => typeof value === 'string');
    if (!isText)
      throw misuse(
        `the store ${JSON.stringify(name)} in ${path} must be an object whose values are text`,
      );
  }
}

/** The text of a small file. @returns undefined if there is none that we may read */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && UNREADABLE.has(String(error.code)))
      return undefined;
    throw error;
  }
}

const UNREADABLE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM']);
