/**
 * Finds the service and the token: in flags, environment, config file, or the files of a local
 * server.
 */
import { foldersOfServers } from '../../open/settings/storage-folder.ts';
import { failure, misuse } from '../output/fault.ts';
import { type ConfigFile, readConfigFile, readIfThere } from './config-file.ts';
import { type FoundServer, findServer, readTokenOf, sameService } from './find-server.ts';
import { findStack } from './find-stack.ts';

export interface ConnectionFlags {
  readonly url?: string;
  /** A deployed stack, whose outputs name the URL. */
  readonly stack?: string;
  readonly tokenFile?: string;
  /** `-`: the token is read from stdin. */
  readonly token?: string;
}

export interface Connection {
  readonly url: string;
  /** Where the URL comes from, for messages. */
  readonly urlFrom: string;
  readonly token: string | undefined;
  readonly tokenFrom: string | undefined;
  /** All places that were searched for a token. */
  readonly tokenPlaces: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Servers {
  /** The one that is used if the user names no URL. */
  readonly best: FoundServer;
  readonly all: readonly FoundServer[];
}

const DEFAULT_URL = 'http://127.0.0.1:8787';

/**
 * @param readToken reads a token from stdin, for `--token -`
 * @throws Fault (misuse) if a setting cannot be used; what `findStack` throws
 */
export async function findConnection(
  flags: ConnectionFlags,
  env: Environment,
  readToken: () => Promise<string>,
): Promise<Connection> {
  requireOneToken(flags);
  const found = await connectionOf(flags, env);
  if (flags.token === undefined) return found;
  return { ...found, token: await readToken(), tokenFrom: 'stdin', tokenPlaces: ['stdin'] };
}

/** Other users of the machine see the command line, and shells keep it. @throws Fault (misuse) */
function requireOneToken({ token, tokenFile }: ConnectionFlags): void {
  if (token === undefined) return;
  if (token !== '-')
    throw misuse(
      '--token takes only -, which reads the token from stdin: other users of this machine see what is on the command line',
      'pipe it in with --token -, or use --token-file or STOWAGE_TOKEN',
    );
  if (tokenFile !== undefined)
    throw misuse('a token comes from stdin or from a file: give --token - or --token-file');
}

async function connectionOf(flags: ConnectionFlags, env: Environment): Promise<Connection> {
  if (flags.stack === undefined) return connectionFor(flags, env);
  if (flags.url !== undefined)
    throw misuse('--stack already names the URL of the service: give --url or --stack, not both');
  const stack = await findStack(flags.stack, env);
  return {
    ...connectionFor({ ...flags, url: stack.output('ApiUrl') }, env),
    urlFrom: `stack ${stack.name}`,
  };
}

function connectionFor(flags: ConnectionFlags, env: Environment): Connection {
  const config = readConfigFile();
  const servers = findServers(env);
  const named = firstOf([
    [flags.url, '--url'],
    [env['STOWAGE_URL'], 'STOWAGE_URL'],
    [config.url, config.path],
  ]);
  if (named === undefined) return foundConnection(flags, env, config, servers);
  requireHttpUrl(named.url, named.from);
  return {
    url: named.url,
    urlFrom: named.from,
    ...tokenFor(named.url, flags, env, config, servers),
  };
}

/** Prefers a server that runs over one that has ended or can't be trusted. */
function findServers(env: Environment): Servers {
  const named = env['STORAGE_LOCAL_PATH'];
  const [usual, ...others] = named ? ([named] as const) : foldersOfServers();
  const find = (folder: string) => findServer(folder, process.geteuid?.());
  const first = find(usual);
  const all = [first, ...others.map(find)];
  const best = all.find(isUsable) ?? all.find(({ url }) => url !== undefined) ?? first;
  return { best, all };
}

function isUsable({ url, refusal }: FoundServer): boolean {
  return url !== undefined && refusal === undefined;
}

/**
 * If the user names no URL: the server that runs in this folder, with only the token that it left
 * there.
 */
function foundConnection(
  flags: ConnectionFlags,
  env: Environment,
  config: ConfigFile,
  { best: server, all }: Servers,
): Connection {
  requireUsable(server);
  requireNoTokenOfUser(flags, env, server);
  const { url = DEFAULT_URL, urlFile, tokenFile } = server;
  const token = server.url === undefined ? undefined : readTokenOf(server);
  const isConfigured = config.token !== undefined;
  return {
    url,
    urlFrom: server.url === undefined ? 'the default' : urlFile,
    token: token || undefined,
    tokenFrom: token ? tokenFile : undefined,
    tokenPlaces: [
      'STOWAGE_TOKEN',
      isConfigured
        ? `${config.path} (whose token is sent to a URL that you name, and to no other)`
        : config.path,
      ...all.map((one) =>
        one.url === undefined ? `${one.tokenFile} (no server runs there)` : one.tokenFile,
      ),
    ],
  };
}

/** @throws Fault if a folder names a server that has ended, or that cannot be trusted */
function requireUsable({ urlFile, refusal, hasEnded }: FoundServer): void {
  if (refusal === undefined) return;
  const elsewhere =
    'name another service with --url or STOWAGE_URL, and its token with STOWAGE_TOKEN or --token-file';
  throw hasEnded
    ? failure('UNREACHABLE', `${urlFile} ${refusal}`, {
        hint: `start the service with: stowage serve; or ${elsewhere}`,
      })
    : failure('UNTRUSTED_SERVER', `${urlFile} ${refusal}`, { hint: elsewhere });
}

/**
 * The user's token is sent only to a URL that the user chose: a folder could name any URL.
 * @throws Fault (misuse)
 */
function requireNoTokenOfUser(
  { token, tokenFile }: ConnectionFlags,
  env: Environment,
  { url = DEFAULT_URL }: FoundServer,
): void {
  const [given] = [
    token !== undefined && '--token',
    tokenFile !== undefined && '--token-file',
    Boolean(env['STOWAGE_TOKEN']?.trim()) && 'STOWAGE_TOKEN',
  ].filter((flag) => flag !== false);
  if (given === undefined) return;
  throw misuse(
    `${given} is given, but not the URL of the service that may get it`,
    `give it with --url or STOWAGE_URL, such as STOWAGE_URL=${url}, or run this without ${given} to use what a server in this folder left`,
  );
}

function firstOf(places: readonly (readonly [string | undefined, string])[]) {
  for (const [url, from] of places) if (url !== undefined && url !== '') return { url, from };
  return undefined;
}

export function requireHttpUrl(text: string, from: string): void {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const got = JSON.stringify(withoutCredentials(text));
    throw misuse(
      `the URL of the service must begin with http:// or https://, got ${got} from ${from}`,
    );
  }
  if (url.username === '' && url.password === '') return;
  throw misuse(
    `the URL of the service must hold no user and no password, got ${withoutCredentials(text)} from ${from}`,
    'a token says who you are: --token-file or STOWAGE_TOKEN',
  );
}

/** A URL, or the text given as one, in a form that messages may show. */
function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
}

/** Finds the token for this service; a token for another service is not used. */
function tokenFor(
  url: string,
  flags: ConnectionFlags,
  env: Environment,
  config: ConfigFile,
  servers: Servers,
) {
  if (flags.tokenFile !== undefined) {
    const token = readIfThere(flags.tokenFile)?.trim();
    if (token === undefined || token === '')
      throw misuse(`--token-file ${flags.tokenFile} holds no token that can be read`);
    return { token, tokenFrom: flags.tokenFile, tokenPlaces: ['--token-file'] };
  }
  const configIsFor = config.url === undefined || sameService(config.url, url);
  const places: readonly (readonly [string, string | undefined])[] = [
    ['STOWAGE_TOKEN', env['STOWAGE_TOKEN']?.trim()],
    configIsFor
      ? [config.path, config.token]
      : [`${config.path} (which is for ${withoutCredentials(config.url ?? '')})`, undefined],
    ...servers.all.map((server) => placeOf(server, url)),
  ];
  const found = places.find(([, token]) => token !== undefined && token !== '');
  return { token: found?.[1], tokenFrom: found?.[0], tokenPlaces: places.map(([place]) => place) };
}

/** The token that a server left is used only for that server, and only while it runs. */
function placeOf(server: FoundServer, url: string): readonly [string, string | undefined] {
  const { tokenFile, urlFile, refusal } = server;
  if (server.url === undefined) return [`${tokenFile} (no server runs there)`, undefined];
  if (refusal !== undefined) return [`${tokenFile} (${urlFile} ${refusal})`, undefined];
  if (!sameService(server.url, url))
    return [`${tokenFile} (which is for ${server.url})`, undefined];
  return [tokenFile, readTokenOf(server)];
}
