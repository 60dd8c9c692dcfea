/**
 * Reads a store from the command line: a folder, a bucket's URL, or a profile. The settings of a
 * bucket come from flags, the profile and the environment.
 */
import { existsSync } from 'node:fs';
import { ServiceError } from '../../core/errors.ts';
import { bucketPlace, folderPlace, type StorePlace } from '../../local/migrate/store-place.ts';
import { readS3Settings, S3_ENV } from '../../open/settings/s3-settings.ts';
import { type Environment, SettingsReader } from '../../open/settings/settings-reader.ts';

/** The fields of a profile, with the setting that each one sets. */
export const PROFILE_FIELDS = {
  bucket: S3_ENV.s3Bucket,
  prefix: S3_ENV.s3Prefix,
  endpoint: S3_ENV.s3Endpoint,
  region: S3_ENV.s3Region,
  addressing: S3_ENV.s3Addressing,
  integrity: S3_ENV.s3Integrity,
  accessKey: S3_ENV.s3AccessKey,
  secretKey: S3_ENV.s3SecretKey,
  sessionToken: S3_ENV.s3SessionToken,
} as const;

export type Profile = { readonly [Field in keyof typeof PROFILE_FIELDS]?: string };

/** The settings of a bucket that have flags. Secrets have none. */
export type BucketFlags = Pick<Profile, 'endpoint' | 'region' | 'addressing' | 'integrity'>;

export interface NamedStore {
  /** `--from` or `--to`, for messages. */
  readonly flag: string;
  readonly text: string;
  readonly flags: BucketFlags;
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly env: Environment;
}

/** @throws INVALID_INPUT */
export function readStore(named: NamedStore): StorePlace {
  const { text, profiles, flag } = named;
  const url = /^s3:\/\/([^/]+)\/*(.*?)\/*$/.exec(text);
  if (url !== null)
    return bucketOf(named, {
      ...ofEnvironment(named.env),
      bucket: url[1] ?? '',
      prefix: url[2] ?? '',
    });
  const profile = Object.hasOwn(profiles, text) ? profiles[text] : undefined;
  if (profile !== undefined) return bucketOf(named, profile);
  if (!/[/\\.]/.test(text) && !existsSync(text)) {
    const known = Object.keys(profiles);
    throw new ServiceError(
      'INVALID_INPUT',
      `${flag} names no store: got ${JSON.stringify(text)}, allowed: a folder such as ./stowage-data, s3://bucket/prefix, or a store of the config file (${known.length === 0 ? 'it has none' : known.join(', ')})`,
    );
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
    throw new ServiceError(
      'INVALID_INPUT',
      `${flag} must be a folder, s3://bucket/prefix or a store of the config file; the address of a bucket's server goes into ${flag}-endpoint`,
    );
  }
  return folderOf(named);
}

function folderOf({ text, flag, flags }: NamedStore): StorePlace {
  const [given] = Object.entries(flags).filter(([, value]) => value !== undefined);
  if (given !== undefined) {
    throw new ServiceError(
      'INVALID_INPUT',
      `${flag}-${given[0]} is of a bucket, and ${flag} is the folder ${text}`,
    );
  }
  return folderPlace(text);
}

/** Reads the settings of the bucket with the rules of a server's. */
function bucketOf({ flag, text, flags }: NamedStore, profile: Profile): StorePlace {
  const given = Object.fromEntries(
    Object.entries(flags).filter(([, value]) => value !== undefined),
  );
  const merged: Profile = { ...profile, ...given };
  const names = Object.entries(PROFILE_FIELDS) as readonly (readonly [keyof Profile, string])[];
  const reader = new SettingsReader(
    Object.fromEntries(names.map(([field, name]) => [name, merged[field]])),
  );
  const s3 = readS3Settings(reader);
  if (reader.faults.length === 0) return bucketPlace(s3);
  const said = names.reduce(
    (faults, [field, name]) => faults.replaceAll(name, field),
    reader.faults.join('\n'),
  );
  throw new ServiceError('INVALID_INPUT', `${flag} ${text} can't be used:\n${said}`);
}

/** The settings of the server's bucket without name and prefix, which are in the URL. */
function ofEnvironment(env: Environment): Profile {
  const names = Object.entries(PROFILE_FIELDS) as readonly (readonly [keyof Profile, string])[];
  return Object.fromEntries(
    names.flatMap(([field, name]) => (env[name] ? [[field, env[name]]] : [])),
  );
}
