/** Finds the service and the token: flags, environment, config file, and what a server on this machine left. */
import { join } from 'node:path';
import { misuse } from '../fault.ts';
import { type ConfigFile, readConfigFile, readIfThere } from './config-file.ts';
import { findStack } from './find-stack.ts';

export interface ConnectionFlags {
  readonly url?: string;
  /** A deployed stack, which tells its URL. */
  readonly stack?: string;
  readonly tokenFile?: string;
}

export interface Connection {
  readonly url: string;
  /** Where the URL comes from, for people. */
  readonly urlFrom: string;
  readonly token: string | undefined;
  readonly tokenFrom: string | undefined;
  /** Every place that was looked at for a token. */
  readonly tokenPlaces: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_URL = 'http://127.0.0.1:8787';
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** @throws Fault (misuse) where a setting can't be used; what `findStack` throws */
export async function findConnection(flags: ConnectionFlags, env: Environment): Promise<Connection> {
  if (flags.stack === undefined) return connectionFor(flags, env);
  if (flags.url !== undefined) throw misuse('--stack tells the URL of the service: give --url or --stack, not both');
  const stack = await findStack(flags.stack, env);
  return { ...connectionFor({ ...flags, url: stack.output('ApiUrl') }, env), urlFrom: `stack ${stack.name}` };
}

function connectionFor(flags: ConnectionFlags, env: Environment): Connection {
  const config = readConfigFile();
  const local = localServer(env);
  const { url, from: urlFrom } = firstOf([
    [flags.url, '--url'],
    [env['STOWAGE_URL'], 'STOWAGE_URL'],
    [config.url, config.path],
    [local.url, local.urlFile],
  ]) ?? { url: DEFAULT_URL, from: 'the default' };
  requireHttpUrl(url, urlFrom);
  return { url, urlFrom, ...findToken(url, flags, env, config, local) };
}

function firstOf(places: readonly (readonly [string | undefined, string])[]) {
  for (const [url, from] of places) if (url !== undefined && url !== '') return { url, from };
  return undefined;
}

function requireHttpUrl(text: string, from: string): void {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const got = JSON.stringify(withoutCredentials(text));
    throw misuse(`the URL of the service must begin with http:// or https://, got ${got} from ${from}`);
  }
  if (url.username === '' && url.password === '') return;
  throw misuse(
    `the URL of the service must hold no user and no password, got ${withoutCredentials(text)} from ${from}`,
    'a token says who you are: --token-file or STOWAGE_TOKEN',
  );
}

/** A URL, or what was given for one, as messages may show it. */
function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
}

/** A token is only ever sent to the service that it is for. */
function findToken(url: string, flags: ConnectionFlags, env: Environment, config: ConfigFile, local: LocalServer) {
  if (flags.tokenFile !== undefined) {
    const token = readIfThere(flags.tokenFile)?.trim();
    if (token === undefined || token === '')
      throw misuse(`--token-file ${flags.tokenFile} holds no token that can be read`);
    return { token, tokenFrom: flags.tokenFile, tokenPlaces: ['--token-file'] };
  }
  const configIsFor = config.url === undefined || sameService(config.url, url);
  const localIsFor = local.url === undefined ? isLoopback(url) : sameService(local.url, url);
  const places: readonly (readonly [string, string | undefined])[] = [
    ['STOWAGE_TOKEN', env['STOWAGE_TOKEN']?.trim()],
    configIsFor
      ? [config.path, config.token]
      : [`${config.path} (which is for ${withoutCredentials(config.url ?? '')})`, undefined],
    localIsFor
      ? [local.tokenFile, readIfThere(local.tokenFile)?.trim()]
      : [`${local.tokenFile} (which is for ${local.url ?? 'this machine'})`, undefined],
  ];
  const found = places.find(([, token]) => token !== undefined && token !== '');
  return { token: found?.[1], tokenFrom: found?.[0], tokenPlaces: places.map(([place]) => place) };
}

interface LocalServer {
  readonly url: string | undefined;
  readonly urlFile: string;
  readonly tokenFile: string;
}

/** What a server on this machine keeps for us beside its storage. */
function localServer(env: Environment): LocalServer {
  const folder = join(env['STORAGE_LOCAL_PATH'] || './storage', '.stowage');
  const urlFile = join(folder, 'server.json');
  return { url: urlIn(readIfThere(urlFile)), urlFile, tokenFile: join(folder, 'admin-token') };
}

/** A server that is just writing the file, or was killed while it did, leaves no URL. */
function urlIn(text: string | undefined): string | undefined {
  return /"url":\s*"(https?:\/\/[^"\\]+)"/.exec(text ?? '')?.[1];
}

function sameService(left: string, right: string): boolean {
  if (!URL.canParse(left)) return false;
  const [a, b] = [new URL(left), new URL(right)];
  const sameHost = a.host === b.host || (isLoopback(left) && isLoopback(right) && a.port === b.port);
  return a.protocol === b.protocol && sameHost;
}

function isLoopback(url: string): boolean {
  return LOOPBACK.has(new URL(url).hostname);
}
