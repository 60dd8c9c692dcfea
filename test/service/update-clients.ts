/**
 * Reads feeds as the clients do, by the rules of their sources, and throws where they would refuse:
 * `RemoteRelease` of plugins/updater/src/updater.rs (tauri-apps/plugins-workspace at 77149dc), and
 * `SQRLUpdate.m` and the README of Squirrel/Squirrel.Mac (at 8d80880).
 */
import semver from 'semver';

export interface RemoteRelease {
  readonly version: string;
  readonly notes: string | undefined;
  readonly pubDate: Date | undefined;
  readonly url: string;
  readonly signature: string;
}

/** `InnerRemoteRelease` is an untagged object: unknown fields are ignored, these have types. */
export function readRemoteRelease(text: string): RemoteRelease {
  const fields = objectIn(text);
  const version = textIn(fields, 'version') ?? textIn(fields, 'name');
  // Version::from_str(str.trim_start_matches('v')), which takes no `v` and no missing part.
  const bare = version?.replace(/^v+/, '');
  if (bare === undefined || semver.valid(bare) !== bare.replace(/\+.*/, ''))
    throw new Error(`version is ${version}`);
  const date = textIn(fields, 'pub_date');
  if ('platforms' in fields) throw new Error('a dynamic feed has no platforms');
  const url = textIn(fields, 'url');
  const signature = textIn(fields, 'signature');
  if (url === undefined) throw new Error('the `url` field was not set on the updater response');
  if (signature === undefined)
    throw new Error('the `signature` field was not set on the updater response');
  requireMinisign(signature);
  return {
    version: bare,
    notes: textIn(fields, 'notes'),
    pubDate: date === undefined ? undefined : rfc3339(date),
    url: new URL(url).href,
    signature,
  };
}

export interface SquirrelUpdate {
  readonly url: string;
  readonly name: string | undefined;
  readonly notes: string | undefined;
  readonly releaseDate: Date | undefined;
}

/** Only `url` is required. */
export function readSquirrelUpdate(text: string): SquirrelUpdate {
  const fields = objectIn(text);
  const url = textIn(fields, 'url');
  if (url === undefined) throw new Error('url is missing');
  const date = textIn(fields, 'pub_date');
  return {
    url: new URL(url).href,
    name: textIn(fields, 'name'),
    notes: textIn(fields, 'notes'),
    releaseDate: date === undefined ? undefined : squirrelDate(date),
  };
}

/** base64_to_string, then minisign_verify::Signature::decode: four lines. */
function requireMinisign(signature: string): void {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(signature) || signature.length % 4 !== 0)
    throw new Error('signature is no base64');
  const lines = Buffer.from(signature, 'base64').toString('utf8').trimEnd().split('\n');
  const [comment = '', , trusted = ''] = lines;
  const isRight =
    lines.length === 4 &&
    comment.startsWith('untrusted comment: ') &&
    trusted.startsWith('trusted comment: ');
  if (!isRight) throw new Error('signature is none of minisign');
}

function rfc3339(text: string): Date {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text))
    throw new Error(`invalid value for \`pub_date\`: ${text}`);
  return new Date(text);
}

/** yyyy-MM-dd'T'HH:mm:ssZZZZZ, which has no fractions of seconds. */
function squirrelDate(text: string): Date {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:?\d\d)$/.test(text))
    throw new Error(`pub_date is ${text}`);
  return new Date(text);
}

type Fields = Readonly<Record<string, unknown>>;

function objectIn(text: string): Fields {
  const fields: unknown = JSON.parse(text);
  if (typeof fields === 'object' && fields !== null && !Array.isArray(fields))
    return fields as Fields;
  throw new Error('the feed is no object');
}

function textIn(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw new Error(`${name} is no text`);
}
