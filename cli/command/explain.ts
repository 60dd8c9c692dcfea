/** Turns any error of a command into a Fault with a hint. */
import { isStowageError, type StowageError } from '../../client/stowage-error.ts';
import { isServiceError } from '../../core/errors.ts';
import type { Connection } from '../connection/find-connection.ts';
import { sameService } from '../connection/find-server.ts';
import { EXIT, Fault, failure } from '../output/fault.ts';

/** What the hints may name. */
export interface Circumstances {
  readonly connection?: Connection | undefined;
  /** `1.4.0/linux-x64`, if the command works on one package. */
  readonly target?: string | undefined;
}

export function explain(error: unknown, about: Circumstances = {}): Fault {
  if (error instanceof Fault) return error;
  if (isInterruption(error)) {
    return new Fault('INTERRUPTED', 'stopped', EXIT.interrupted, {
      hint: 'run the same command again to go on',
    });
  }
  if (isStowageError(error)) {
    const hint = ADVICE[error.code]?.(about, error);
    return failure(error.code, error.message, { hint, requestId: error.requestId, cause: error });
  }
  if (isServiceError(error)) return failure(error.code, error.message, { cause: error });
  if (error instanceof Error) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL';
    return failure(code, error.message, { cause: error });
  }
  return failure('INTERNAL', String(error));
}

/** The reason of the signal that Ctrl-C aborts, or the error that Node makes from it. */
export function isInterruption(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

type Advice = (about: Circumstances, error: StowageError) => string | undefined;

const ADVICE: { readonly [code in StowageError['code']]?: Advice } = {
  UNREACHABLE: ({ connection }, error) => connection && whoIsSilent(connection, error),
  BAD_ANSWER: ({ connection }) =>
    connection && `look at the URL: ${connection.url} comes from ${connection.urlFrom}`,
  UNSAFE_REQUEST: ({ connection }) =>
    `nothing was sent there. ${connection === undefined ? 'A service' : `The service at ${connection.url}`} is faulty or not to be trusted; if it is yours, let S3_PUBLIC_ENDPOINT and PUBLIC_URL name addresses that its clients reach (docs/decisions/0021)`,
  STORAGE_REFUSED: (_, { status, origin }) =>
    status === 413 && origin !== undefined
      ? `let the proxy at ${origin} pass bodies of any size (nginx: client_max_body_size 0; proxy_request_buffering off), then run the same command again`
      : undefined,
  UNAUTHENTICATED: ({ connection }) => connection && tokenAdvice(connection),
  FORBIDDEN: ({ connection }) =>
    `use a token that may do this${connection?.tokenFrom === undefined ? '' : ` (this one comes from ${connection.tokenFrom})`}; an admin makes one with: stowage token create`,
  // The hint names no version: that version may be what does not exist.
  NOT_FOUND: () => 'see what there is with: stowage ls',
  ALREADY_EXISTS: () =>
    'a name that was published never changes, also after it was deleted; push under another --filename or --version',
  UPLOAD_IN_PROGRESS: ({ target }) =>
    `wait for that upload, or give it up with: stowage rm ${target ?? 'VERSION/FILE'}, and push again`,
  SEALED: () => 'push the file under another --version; who reads a sealed version relies on it',
  NOT_SEALED: ({ target }) =>
    `seal it with: stowage seal ${target ?? 'VERSION'}, then run the same command again; an admin goes on nevertheless with --skip-checks`,
  IN_USE: () =>
    'point the channel at another version with: stowage channel rollback CHANNEL; or delete it nevertheless with --force',
  KEY_OCCUPIED: () =>
    'the store already holds a file of that name that Stowage did not upload; move it away, then push again',
  INTEGRITY: () => 'push the file again; if it happens again, look at the disk and the network',
  NOT_UPLOADED: () => 'run the same command again: only what is missing is sent',
  YANKED: ({ target }) =>
    `an admin hands it out again with: stowage restore ${target ?? 'VERSION/FILE'}`,
  OUT_OF_SPACE: () =>
    'make room on the disk of the service, or give up uploads with: stowage rm VERSION/FILE; then run the same command again: only what is missing is sent',
  TOO_MANY_REQUESTS: () =>
    'wait a moment, or give up uploads that are not finished with: stowage rm VERSION/FILE; then run the same command again',
  UNAVAILABLE: () => 'wait a moment, then run the same command again',
  INTERNAL: (_, { requestId }) =>
    requestId === undefined
      ? undefined
      : `the log of the service says more under request ${requestId}`,
};

/** Where the token came from, or all places that were searched for one. */
export function tokenAdvice({ tokenFrom, tokenPlaces }: Connection): string {
  return tokenFrom === undefined
    ? `no token was found; looked at ${tokenPlaces.join(', ')}`
    : `the token comes from ${tokenFrom}; is it of this service, and still in force?`;
}

/** Names the server to check: the store may be down while the service runs. */
function whoIsSilent(
  { url, urlFrom }: Connection,
  { origin, ofGateway }: Pick<StowageError, 'origin' | 'ofGateway'>,
): string {
  // An answer ended early.
  if (origin === undefined) return 'run the same command again: it goes on where it stopped';
  const isSame = sameService(origin, url);
  if (!isSame && ofGateway)
    return `the service at ${url} names ${origin} as its own address: is its PUBLIC_URL right, and does this machine reach it?`;
  return isSame
    ? `is the service running? ${url} comes from ${urlFrom}; start one with: stowage serve, or name another with --url or STOWAGE_URL`
    : `${origin} is the store to which the service at ${url} sends us for bytes: is it running, and does this machine reach it? If the service reaches it under another name, set S3_PUBLIC_ENDPOINT there`;
}
