/** Finds the token that a CI system signed for its job, to be exchanged for one of the service. */
import { failure } from '../output/fault.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface JobToken {
  readonly token: string;
  /** Where it comes from, for messages. */
  readonly from: string;
}

interface Source {
  readonly from: string;
  /** Whether this job can have a token of this source. */
  readonly isHere: (env: Environment) => boolean;
  readonly get: (env: Environment, audience: string, signal: AbortSignal) => Promise<string>;
}

const TIMEOUT_MS = 20_000;
/** The address of the metadata server, unless GCE_METADATA_HOST names another. */
const METADATA_HOST = 'metadata.google.internal';

/** The first that is here counts. */
const SOURCES: readonly Source[] = [
  {
    from: 'STOWAGE_ID_TOKEN',
    isHere: (env) => Boolean(env['STOWAGE_ID_TOKEN']?.trim()),
    get: async (env) => env['STOWAGE_ID_TOKEN'] ?? '',
  },
  {
    from: 'GitHub Actions',
    isHere: (env) =>
      Boolean(env['ACTIONS_ID_TOKEN_REQUEST_URL'] && env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']),
    get: async (env, audience, signal) => {
      const url = new URL(env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '');
      url.searchParams.set('audience', audience);
      const authorization = `Bearer ${env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}`;
      const { value } = JSON.parse(await read(url, { authorization }, signal));
      return String(value);
    },
  },
  {
    from: 'CircleCI',
    isHere: (env) => env['CIRCLECI'] === 'true',
    get: (_, audience, signal) =>
      run(
        'circleci',
        ['run', 'oidc', 'get', '--claims', JSON.stringify({ aud: audience })],
        signal,
      ),
  },
  {
    from: 'Buildkite',
    isHere: (env) => env['BUILDKITE'] === 'true',
    get: (_, audience, signal) =>
      run('buildkite-agent', ['oidc', 'request-token', '--audience', audience], signal),
  },
  {
    from: 'Google Cloud',
    // Cloud Build, Cloud Run, and anything else that names the metadata server.
    isHere: (env) =>
      ['GCE_METADATA_HOST', 'BUILDER_OUTPUT', 'K_SERVICE', 'CLOUD_RUN_JOB'].some((name) =>
        Boolean(env[name]),
      ),
    get: (env, audience, signal) => {
      const host = env['GCE_METADATA_HOST'] || METADATA_HOST;
      const path = '/computeMetadata/v1/instance/service-accounts/default/identity';
      const url = new URL(`http://${host}${path}`);
      url.searchParams.set('audience', audience);
      url.searchParams.set('format', 'full');
      return read(url, { 'metadata-flavor': 'Google' }, signal);
    },
  },
];

/** Whether this runs in a job that can have a token. */
export function isInJob(env: Environment): boolean {
  return SOURCES.some(({ isHere }) => isHere(env));
}

/**
 * @param audience of the service
 * @throws Fault where the CI system gives none
 */
export async function findJobToken(
  env: Environment,
  audience: string,
  signal: AbortSignal,
): Promise<JobToken | undefined> {
  const source = SOURCES.find(({ isHere }) => isHere(env));
  if (source === undefined) return undefined;
  const { from } = source;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const token = (await source.get(env, audience, limit)).trim();
    if (token !== '') return { token, from };
  } catch (error) {
    signal.throwIfAborted();
    throw noToken(from, error);
  }
  throw noToken(from);
}

function noToken(from: string, cause?: unknown) {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return failure('UNAUTHENTICATED', `${from} gave no token for this job${why}`, {
    hint: 'allow the job to have one (docs/trusted-publishing.md), or set STOWAGE_TOKEN',
  });
}

/** @throws Error */
async function read(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const answer = await fetch(url, { headers, signal, redirect: 'error' });
  if (!answer.ok) throw new Error(`${url.host} answered ${answer.status}`);
  return answer.text();
}

/** @throws Error */
async function run(
  program: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  // Every command loads this file, and few run programs.
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  const { stdout } = await promisify(execFile)(program, [...words], { signal });
  return stdout;
}
